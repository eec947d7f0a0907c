import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import {
  digestBytes,
  digestFolderLines,
  digestJson,
  driverFolder,
  itemName,
  type Json,
  packArchive,
  podsFolder,
} from '@millrace/ir'
import { onTestFinished } from 'vitest'
import { normal, root, type Started, start } from '../support/processes.ts'

const built = join(root, 'packages/millrace/dist/pod/runner.mjs')
const runner = readFileSync(built, 'utf8')

const job = 'demo-stage-0123456789ab'
const jobUid = '7c0f6e1a-0000-4000-8000-00000000000a'
export const codeDigest = `sha256:${'c0de'.repeat(16)}`

let stages: string | undefined

/** All stages of stages.ts with what they import, as one module. */
async function bundled(): Promise<string> {
  if (stages !== undefined) return stages
  const { resolve } = createRequire(join(root, 'packages/millrace/package.json'))
  const { rolldown } = (await import(pathToFileURL(resolve('rolldown')).href)) as {
    rolldown(options: object): Promise<{ generate(options: object): Promise<{ output: [{ code: string }] }> }>
  }
  const input = join(import.meta.dirname, 'stages.ts')
  const bundle = await rolldown({ input, platform: 'node', resolve: { conditionNames: ['source', 'node', 'import'] } })
  stages = (await bundle.generate({ format: 'esm', codeSplitting: false })).output[0].code
  return stages
}

export interface PodOf {
  /** Name of the export of stages.ts, or the text of a whole module. */
  readonly stage: string
  readonly input?: Json
  /** Fields of the item that differ. */
  readonly item?: Readonly<Record<string, unknown>>
  readonly index?: number
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** The container's termination message. */
  readonly last: string
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly itemWait?: number
  readonly grace?: number
  /** How Node is told what to run; default the file. */
  readonly words?: readonly string[]
}

/** A folder with all that a pod of one Job finds, but that nothing in it is read-only. */
export class PodFolder {
  readonly folder = join(root, 'test/.tmp', randomBytes(6).toString('hex'))
  readonly store = join(this.folder, 'store')
  /** What its pods write. */
  readonly own = join(this.store, podsFolder(jobUid))
  /** What its driver writes. */
  readonly released = join(this.store, driverFolder(jobUid))
  #pods = 0

  constructor() {
    mkdirSync(join(this.released, 'items'), { recursive: true })
    mkdirSync(this.own, { recursive: true })
    writeFileSync(join(this.folder, 'runner.mjs'), runner)
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 }))
  }

  async put({ stage, input = {}, item = {}, index = 0 }: PodOf): Promise<void> {
    const isName = /^\w+$/.test(stage)
    const module = isName ? `export { ${stage} as default } from './stages.mjs'` : stage
    const files = { 'stage.mjs': module, 'stages.mjs': await bundled(), 'words.txt': 'few words\n' }
    const archive = Object.entries(files).map(([path, content]) => ({
      path,
      bytes: Buffer.from(content),
      executable: false,
    }))
    writeFileSync(join(this.folder, 'code.gz'), gzipSync(packArchive(archive)))
    this.putItem({ index, input, item })
  }

  putItem({ index = 0, input = {}, item = {} }: Omit<PodOf, 'stage'>): void {
    const whole = {
      version: 1,
      run: '20251122-101112-abcdef',
      pipeline: 'demo',
      node: 'work',
      generation: 0,
      key: `sha256:${'00'.repeat(32)}`,
      inputDigest: digestJson(input),
      codeDigest,
      seed: 42,
      resources: { cpu: 1, memory: '512Mi' },
      retries: 2,
      input,
      ...item,
    }
    writeFileSync(this.item(index), JSON.stringify(whole))
  }

  /** Path of an item. */
  item(index = 0): string {
    return join(this.released, itemName(index))
  }

  /** Writes a file, or a folder of files, where the attempt of another stage would have. */
  artifact(name: string, content: string | Readonly<Record<string, string>>): Json {
    const path = `jobs/other/attempts/0-a/files/${name}`
    const files = Object.entries(typeof content === 'string' ? { '': content } : content)
    for (const [inner, bytes] of files) {
      const file = join(this.store, path, inner)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, bytes)
    }
    const lines = files.map(([path, bytes]) => ({ path, digest: digestBytes(bytes), executable: false }))
    const digest = typeof content === 'string' ? digestBytes(content) : digestFolderLines(lines)
    return { path, digest, size: files.reduce((size, [, bytes]) => size + Buffer.byteLength(bytes), 0) }
  }

  start(uid: string, options: StartOptions = {}, index = 0): Started & { readonly end: () => Promise<Ended> } {
    const scratch = join(this.folder, `tmp-${this.#pods++}`)
    const termination = `${scratch}.termination`
    mkdirSync(scratch)
    writeFileSync(termination, '')
    const { itemWait = 300, grace = 20_000, words = [] } = options
    const code = join(this.folder, 'code.gz')
    const places = { code, store: this.store, own: this.own, scratch, termination, itemWait, grace }
    const started = start(this.folder, words.slice(1), {
      how: 'node',
      entry: words[0] ?? 'runner.mjs',
      env: {
        MILLRACE_JOB: job,
        MILLRACE_JOB_UID: jobUid,
        MILLRACE_POD_UID: uid,
        MILLRACE_CODE: codeDigest,
        JOB_COMPLETION_INDEX: String(index),
        MILLRACE_POD: JSON.stringify(places),
        MILLRACE_STORE: undefined,
        MODE: 'fast',
        ...options.env,
      },
    })
    const end = async (): Promise<Ended> => {
      const { code, signal } = await started.ended
      const [stdout, stderr] = [normal(started.stdout(), this.folder), normal(started.stderr(), this.folder)]
      return { code, signal, stdout, stderr, last: normal(readFileSync(termination, 'utf8'), this.folder) }
    }
    return { ...started, end }
  }

  run(uid: string, options: StartOptions = {}, index = 0): Promise<Ended> {
    return this.start(uid, options, index).end()
  }

  attempt(uid: string, index = 0): string {
    return join(this.own, 'attempts', `${index}-${uid}`)
  }

  /** A file of the Job's folder; undefined where there is none. */
  read(...path: string[]): string | undefined {
    const file = join(this.own, ...path)
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  }

  json(...path: string[]): unknown {
    const text = this.read(...path)
    return text === undefined ? undefined : JSON.parse(text)
  }

  list(...path: string[]): string[] {
    const folder = join(this.own, ...path)
    return existsSync(folder) ? readdirSync(folder).sort() : []
  }

  /** What the driver sees of it. */
  markers(): { readonly done: string[]; readonly failed: string[]; readonly stopped: string[] } {
    return { done: this.list('done'), failed: this.list('failed'), stopped: this.list('stopped') }
  }
}

export async function pod(of: PodOf): Promise<PodFolder> {
  const folder = new PodFolder()
  await folder.put(of)
  return folder
}
