import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { writeProgram } from '../support/files.ts'
import { type RunOptions, start } from '../support/processes.ts'
import { same } from './campaign.ts'
import { type StoreCall, storeCalls, traced, tracing, whyNoTrace } from './kills-calls.ts'
import { killsProgram } from './kills-program.ts'
import * as read from './kills-store.ts'

/** What is in the store before, and what is killed. */
export const settings = {
  /** A first run. */
  empty: [],
  /** A run anew of what is there: it replaces all results. */
  fresh: ['--fresh'],
  /** A run on a store of many packs, which it merges; half of the results in them are missing. */
  merge: [],
} as const
export type Setting = keyof typeof settings

/** What an undisturbed run gives, and how long each setting takes. */
export interface Truth {
  readonly entry: string
  readonly stdout: string
  /** Calls by how often they run in a run of their own. */
  readonly calls: ReadonlyMap<string, number>
  /** By node and index. */
  readonly callOf: ReadonlyMap<string, string>
  /** Logs by file. */
  readonly logs: ReadonlyMap<string, string>
  readonly metrics: readonly string[]
  readonly milliseconds: Readonly<Record<Setting, number>>
  /** Where processes can't be traced, none. */
  readonly storeCalls: readonly (readonly [Setting, StoreCall])[]
  /** Empties a folder and puts a store into it. */
  prepare(folder: string, setting: Setting): void
}

let truth: Promise<Truth> | undefined

/** Found out once a process, in a folder beside, which goes with it. */
export function truthBeside(folder: string): Promise<Truth> {
  truth ??= learn(join(dirname(folder), `kills-${randomBytes(4).toString('hex')}`))
  return truth
}

const go = 'undisturbed'

async function learn(root: string): Promise<Truth> {
  process.on('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }))
  writeProgram(root, killsProgram)
  const entry = join(root, 'program.ts')
  const first = join(root, 'first')
  const prepare = (folder: string, setting: Setting) => prepareFrom(first, folder, setting)
  const run = async (folder: string, args: readonly string[], options: RunOptions = {}) => {
    const began = performance.now()
    const started = start(folder, args, {
      how: 'node',
      entry,
      timeout: 900_000,
      ...options,
      env: { GO: go, ...options.env },
    })
    const { code, signal } = await started.ended
    same(`an undisturbed run ends well:\n${started.stderr()}`, [code, signal], [0, null])
    return { stdout: started.stdout(), milliseconds: performance.now() - began }
  }
  prepare(first, 'empty')
  const { stdout } = await run(first, [])
  const store = join(first, 'store')
  const [id = ''] = read.runsIn(store)
  const counts = counted(callsIn(first, go))

  // one after the other, so that events stand in the order of the calls
  const alone = join(root, 'alone')
  prepare(alone, 'empty')
  const events = (await run(alone, ['--jobs', '1', '--json'])).stdout.split('\n')
  const begun = events.filter((line) => line.includes('"event":"stage.started"'))
  const inOrder = callsIn(alone, go)
  same('calls and events', begun.length, inOrder.length)
  const callOf = new Map(begun.map((line, at) => [placeOf(JSON.parse(line)), inOrder[at] as string]))

  const milliseconds = { empty: 0, fresh: 0, merge: 0 }
  const found: (readonly [Setting, StoreCall])[] = []
  const where = join(root, 'where')
  for (const setting of ['empty', 'fresh', 'merge'] as const) {
    prepare(where, setting)
    milliseconds[setting] = (await run(where, settings[setting])).milliseconds
    if (whyNoTrace() !== '') continue
    prepare(where, setting)
    const file = join(root, `${setting}.txt`)
    await run(where, settings[setting], { before: tracing(file), env: traced })
    for (const call of storeCalls(file, join(where, 'store'))) found.push([setting, call])
  }
  const [logs, metrics] = [logsOf(store, id), metricsOf(store, id)]
  return { entry, stdout, calls: counts, callOf, logs, metrics, milliseconds, storeCalls: found, prepare }
}

function prepareFrom(first: string, folder: string, setting: Setting): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'calls.txt'), '')
  const store = join(folder, 'store')
  // manifests name their artifacts relative to the store, so a copy is as good
  if (setting !== 'empty') cpSync(join(first, 'store'), store, { recursive: true })
  if (setting !== 'merge') return
  splitPacks(join(store, 'results', 'packs'))
  rmSync(join(store, 'runs'), { recursive: true })
}

/** Each second line of the packs, as a pack of its own, and others that no call of the program asks for. */
function splitPacks(packs: string): void {
  const lines = readdirSync(packs).flatMap((name) =>
    readFileSync(join(packs, name), 'utf8').split('\n').filter(Boolean),
  )
  rmSync(packs, { recursive: true })
  mkdirSync(packs)
  for (let n = 0; n < 75; n++) {
    const text = lines[2 * n] ?? otherKey(lines[0] as string, n)
    writeFileSync(join(packs, `20260101-0000${String(n).padStart(2, '0')}-000000.jsonl`), `${text}\n`)
  }
}

/** The same line of another key. */
function otherKey(line: string, n: number): string {
  const text = line.replace(/,"crc":\d+\}$/, '').replace(/[0-9a-f]{64}/, String(n).padStart(64, '0'))
  return `${text},"crc":${crc32(text)}}`
}

/** The calls that were begun while GO was set so. */
export const callsIn = (folder: string, go: string): string[] =>
  readFileSync(join(folder, 'calls.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${go} `))
    .map((line) => line.slice(go.length + 1))

export function counted(calls: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1)
  return counts
}

export const placeOf = ({ node, index }: { readonly node?: unknown; readonly index?: unknown }): string =>
  `${node}${JSON.stringify(index ?? [])}`

export const logsOf = (store: string, run: string): Map<string, string> =>
  new Map(
    read
      .namesIn(join(store, 'runs', run, 'logs'))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .map((name) => [name, readFileSync(join(store, 'runs', run, 'logs', name), 'utf8')]),
  )

export const metricsOf = (store: string, run: string): string[] =>
  read
    .objectsIn(join(store, 'runs', run, 'metrics.jsonl'))
    .map(({ node, index, name, value, step }) => JSON.stringify([node, index, name, value, step]))
    .sort()
