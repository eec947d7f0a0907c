import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  type ArtifactValue,
  DiagnosticError,
  isArtifactValue,
  isObject,
  type Json,
  nowhere,
  setKey,
} from '@millrace/ir'
import { onDisk, type RunSummary, type Store, verifyArtifact } from '@millrace/store'
import { shortPath } from '../short-path.ts'

/** A file or folder of a run's output, and where it goes below the target folder. */
interface Part {
  readonly artifact: ArtifactValue
  readonly to: string
}

/**
 * Copies what a run left into a folder: `output.json`, in which artifacts have paths relative to it, each artifact as
 * `<its place in the output>/<its name>`, `metrics.jsonl` and `logs/`. The folder appears whole or not at all.
 *
 * @returns the files and folders in it, relative to it
 * @throws DiagnosticError when the folder holds something, or an artifact is lost or damaged
 */
export async function fetchRun(store: Store, run: RunSummary, target: string): Promise<readonly string[]> {
  refuseFull(target)
  const parts: Part[] = []
  const output = placed(outputOf(store, run), parts)
  for (const { artifact } of parts) await refuseDamaged(artifact, run)
  const unfinished = `${target}.tmp-${process.pid}`
  try {
    onDisk('write', target, () => {
      mkdirSync(unfinished, { recursive: true })
      writeFileSync(join(unfinished, 'output.json'), `${JSON.stringify(output, undefined, 2)}\n`)
      for (const { artifact, to } of parts) copy(artifact.path, join(unfinished, to))
      for (const name of ['metrics.jsonl', 'logs']) {
        const from = join(store.runs.path(run.id), name)
        if (existsSync(from)) copy(from, join(unfinished, name))
      }
      // which log is whose is the store's own
      rmSync(join(unfinished, 'logs', 'index.jsonl'), { force: true })
      // an empty folder may be there
      rmSync(target, { recursive: true, force: true })
      renameSync(unfinished, target)
    })
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return [
    'output.json',
    ...parts.map(({ to }) => to),
    ...['metrics.jsonl', 'logs'].filter((at) => existsSync(join(target, at))),
  ]
}

/** Files and folders. Not with `cpSync`, by which Node ends the process where a link leads to itself. */
function copy(from: string, to: string): void {
  const is = onDisk('read', from, () => statSync(from))
  mkdirSync(is.isDirectory() ? to : dirname(to), { recursive: true })
  if (is.isDirectory()) for (const name of readdirSync(from)) copy(join(from, name), join(to, name))
  else if (is.isFile()) onDisk('copy', from, () => copyFileSync(from, to, constants.COPYFILE_FICLONE))
}

function outputOf(store: Store, run: RunSummary): Json {
  let output: Json = null
  for (const event of store.runs.events(run.id)) if (event.event === 'run.finished') output = event.output
  return output
}

/** The output with its artifacts where they will be. */
function placed(output: Json, parts: Part[]): Json {
  const own = ['output.json', 'metrics.jsonl', 'logs']
  const taken = new Set(own)
  const visit = (at: Json, path: readonly (string | number)[]): Json => {
    if (Array.isArray(at)) return at.map((item: Json, i) => visit(item, [...path, i]))
    if (!isObject(at)) return at
    if (isArtifactValue(at) && Object.keys(at).length === 3) {
      const folder = path.map((key) => String(key).replaceAll(/[^\w.-]|^\.+$/g, '_'))
      const name = basename(at.path)
      if (folder.at(-1) === name) folder.pop()
      if (folder[0] !== undefined && own.includes(folder[0])) folder[0] = `${folder[0]}-2`
      let to = join(...folder, name)
      for (let i = 2; taken.has(to); i++) to = join(...folder, String(i), name)
      taken.add(to)
      parts.push({ artifact: at, to })
      return { ...(at as object), path: to } as unknown as Json
    }
    const out = {}
    for (const [key, item] of Object.entries(at)) setKey(out, key, visit(item as Json, [...path, key]))
    return out as Json
  }
  return visit(output, [])
}

function refuseFull(target: string): void {
  const found = onDisk('read', target, () => statSync(target, { throwIfNoEntry: false }))
  if (!found) return
  if (found.isDirectory() && onDisk('read', target, () => readdirSync(target)).length === 0) return
  const what = found.isDirectory() ? 'holds something already' : 'is a file'
  throw failed('usage', `the folder "${shortPath(target)}" ${what}`, 'Give a new folder: runs fetch <id> <dir>.')
}

async function refuseDamaged(artifact: ArtifactValue, run: RunSummary): Promise<void> {
  const found = statSync(artifact.path, { throwIfNoEntry: false })
  if (found && (await verifyArtifact(artifact, found.isDirectory() ? 'folder' : 'file'))) return
  const what = found ? 'is not what the run recorded' : "isn't there any more"
  throw failed(
    'store-failed',
    `"${shortPath(artifact.path)}" of run ${run.id} ${what}`,
    'Run the program again: what is lost or damaged is made anew.',
  )
}

const failed = (code: 'usage' | 'store-failed', message: string, fix: string): DiagnosticError =>
  new DiagnosticError([{ code, severity: 'error', message, at: nowhere, fix }])
