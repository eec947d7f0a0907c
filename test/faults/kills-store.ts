import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { holds, same } from './campaign.ts'

/** What a test reads of a store, with code of its own. */
type Fields = Readonly<Record<string, unknown>>

/** What a store holds as committed: the calls, by the run that made them. */
export interface Committed {
  readonly calls: readonly { readonly call: string; readonly run: string }[]
}

export const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

export const runsIn = (store: string): string[] =>
  namesIn(join(store, 'runs'))
    .filter((name) => /^\d/.test(name))
    .sort()

/** The objects in a file of JSON lines; a line that is cut is left out. */
export const objectsIn = (path: string): Fields[] =>
  linesIn(path)
    .map(objectOf)
    .filter((object) => object !== undefined)

const linesIn = (path: string): string[] => textOf(path).split('\n')

/** Empty for what isn't there, or has just gone. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function objectOf(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

export const journalOf = (store: string, run: string): Fields[] => objectsIn(join(store, 'runs', run, 'journal.jsonl'))

export const hasSucceeded = (store: string, run: string): boolean => {
  const last = journalOf(store, run).at(-1)
  return last?.event === 'run.finished' && last.status === 'succeeded'
}

/** The results in a store: lines of packs, and manifests that are current. */
export function committed(store: string): Committed {
  const calls: { call: string; run: string }[] = []
  const packs = join(store, 'results', 'packs')
  for (const name of namesIn(packs)) {
    let pack = name
    const seen = new Set<string>()
    for (const line of objectsIn(join(packs, name))) {
      if (typeof line.pack === 'string') pack = line.pack
      else if (!seen.has(`${pack} ${line.key}`))
        calls.push({ call: callOf(line.output), run: pack.split('.')[0] ?? '' })
      seen.add(`${pack} ${line.key}`)
    }
  }
  for (const folder of keyFolders(store)) {
    const current = join(folder, 'current')
    if (!existsSync(current)) continue
    const { output, run } = JSON.parse(
      readFileSync(join(folder, readFileSync(current, 'utf8').trim()), 'utf8'),
    ) as Fields
    calls.push({ call: callOf(output), run: run as string })
  }
  return { calls }
}

const callOf = (output: unknown): string => String((output as Fields | null)?.call)

export const keyFolders = (store: string): string[] =>
  namesIn(join(store, 'results'))
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((name) => namesIn(join(store, 'results', name)).map((key) => join(store, 'results', name, key)))

/** Every path in a store, relative. */
export const pathsIn = (store: string): string[] =>
  existsSync(store) ? (readdirSync(store, { recursive: true }) as string[]) : []

/** Manifests as text. */
const manifestsIn = (store: string): string[] =>
  keyFolders(store).flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  )

/** No file is torn: each is whole, each artifact has the bytes that its manifest says. */
export function whole(store: string, kills: number): void {
  for (const path of pathsIn(store)) {
    if (/(^|\/)\.tmp|attempts\/[^.]/.test(path)) continue
    if (path.endsWith('.json'))
      holds(`${path} is whole`, objectOf(readFileSync(join(store, path), 'utf8')) !== undefined)
    if (path.endsWith('.jsonl')) wholeLines(join(store, path), kills)
  }
  for (const text of manifestsIn(store))
    for (const file of (JSON.parse(text) as { files: Fields[] }).files) wholeArtifact(store, file)
}

/** A kill may cut a line; what was written later doesn't stand in it. */
function wholeLines(path: string, kills: number): void {
  const cut = linesIn(path).filter((line) => line !== '' && !objectOf(line) && !/^\{"pid"/.test(line))
  holds(`${path} has ${cut.length} cut lines after ${kills} kills`, cut.length <= kills)
  for (const line of cut)
    holds(`in ${path} a cut line spoils another: ${line}`, !/.\{"(event|key|node|attempt|ended)":/.test(line))
}

function wholeArtifact(store: string, { path, digest, size }: Fields): void {
  const at = isAbsolute(String(path)) ? String(path) : join(store, String(path))
  const is = statSync(at).isDirectory() ? digestOfFolder(at) : digestOf(at)
  same(`the bytes of ${path}`, is, { digest, size })
}

function digestOf(path: string) {
  const bytes = readFileSync(path)
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length }
}

function digestOfFolder(root: string) {
  const hash = createHash('sha256')
  let sum = 0
  for (const path of pathsIn(root).sort()) {
    if (!statSync(join(root, path)).isFile()) continue
    const { digest, size } = digestOf(join(root, path))
    hash.update(`${path}\0${digest}\0${statSync(join(root, path)).mode & 0o100 ? 1 : 0}\n`)
    sum += size
  }
  return { digest: `sha256:${hash.digest('hex')}`, size: sum }
}

/** Attempts that no manifest names. */
export function unnamedAttempts(store: string): string[] {
  const text = manifestsIn(store).join()
  return attemptsIn(store).filter((attempt) => !text.includes(attempt))
}

export const attemptsIn = (store: string): string[] =>
  namesIn(join(store, 'attempts'))
    .filter((node) => !node.startsWith('.'))
    .flatMap((node) => namesIn(join(store, 'attempts', node)).map((attempt) => `attempts/${node}/${attempt}`))

/** What no run needs any more, when all have succeeded. */
export function litterIn(store: string): string[] {
  const paths = pathsIn(store)
  return paths.filter(
    (path) =>
      /\.tmp\b/.test(path) ||
      /^(results\/tmp|runs\/tmp|runs\/open|attempts\/\.open)\/./.test(path) ||
      /^runs\/[^/]+\/owner/.test(path) ||
      /^attempts\/[^/]+\/[^/]+\/tmp/.test(path) ||
      /^code\/.*(?<!\.json)$/.test(path),
  )
}
