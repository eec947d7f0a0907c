import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import type { Digest, Event, Json } from '@millrace/ir'
import { afterAll } from 'vitest'
import { openStore, outputDigest, type PackLine } from '../src/index.ts'
import { plain, work } from './values.ts'

const made: string[] = []
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder that goes when the file's tests are done. */
export function folder(): string {
  made.push(mkdtempSync(join(tmpdir(), 'store-')))
  return made.at(-1) as string
}

/** The same in memory where there is one: large empty files read faster. */
export function memoryFolder(): string {
  if (!existsSync('/dev/shm')) return folder()
  made.push(mkdtempSync('/dev/shm/store-'))
  return made.at(-1) as string
}

export const newRoot = (): string => join(folder(), '.millrace')

/** The folder of an attempt, created. */
export function attemptFolder(root: string, node: string, attempt: string): string {
  const path = join(root, 'attempts', node, attempt)
  mkdirSync(path, { recursive: true })
  return path
}

/** What a store keeps under results/ for a key. */
export const keyFolder = (root: string, key: Digest): string => join(root, 'results', key.slice(7, 9), key.slice(7))

export const line = (key: Digest, output: Json): PackLine => ({
  key,
  output,
  digest: outputDigest(plain, output),
  metrics: [],
  schema: plain,
})

/** A line as it stands in a pack. */
export function lineText(key: Digest, output: Json): string {
  const { schema: _, ...fields } = line(key, output)
  const text = JSON.stringify(fields).slice(0, -1)
  return `${text},"crc":${crc32(text)}}`
}

/** A pack of one line, written by a run of its own. */
export function packOf(root: string, run: string, key: Digest, output: Json, fresh = false): void {
  const store = openStore(root)
  const pack = store.results.openPack(run, { fresh })
  pack.append(line(key, output))
  pack.close()
  store.close()
}

export const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Every file under a folder, relative. */
export const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(root.length + 1)] : [],
  )

export const litter = (root: string): string[] => filesIn(root).filter((path) => path.includes('.tmp-'))

export const startedEvent: Event = {
  ...work,
  event: 'run.started',
  run: 'r',
  time: '2026-11-22T07:53:12.000Z',
  nodes: 1,
}
export const finishedEvent = (run: string, status: 'succeeded' | 'failed' = 'succeeded'): Event => ({
  event: 'run.finished',
  run,
  time: '2026-11-22T07:54:00.000Z',
  status,
  output: null,
  errors: [],
  counts,
  seconds: 1.5,
})
export const counts = { ran: 1, cached: 2, skipped: 3, failed: 0 }
export const ending = (status: 'succeeded' | 'failed' = 'succeeded') => ({
  status,
  counts,
  seconds: 1.5,
  finished: '2026-11-22T07:54:00.000Z',
})

export interface Child {
  readonly process: ChildProcess
  /** The next line that it prints, as JSON; undefined when it ended. */
  next(): Promise<unknown>
  /** Resolves when it is gone, with its exit code. */
  readonly end: Promise<number | null>
}

let compiled: string | undefined

/** Another process at work on a store: test/child.ts. */
export const child = (...args: readonly string[]): Child => childAfter([], ...args)

/** The same, started by another command. */
export function childAfter(before: readonly string[], ...args: readonly string[]): Child {
  const script = fileURLToPath(new URL('./child.ts', import.meta.url))
  compiled ??= folder()
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  const [command, ...words] = [...before, process.execPath, script, ...args] as [string, ...string[]]
  const process_ = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'], env })
  children.push(process_)
  const end = new Promise<number | null>((resolve) => process_.on('close', resolve))
  const lines: string[] = []
  let text = ''
  let wake = () => {}
  process_.stdout.setEncoding('utf8').on('data', (part: string) => {
    const all = (text + part).split('\n')
    text = all.pop() as string
    lines.push(...all)
    wake()
  })
  void end.then(() => wake())
  const next = async (): Promise<unknown> => {
    while (lines.length === 0 && process_.exitCode === null && process_.signalCode === null)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    if (lines.length === 0) await end
    const first = lines.shift()
    return first === undefined ? undefined : JSON.parse(first)
  }
  return { process: process_, next, end }
}

/** Lets children that wait for a line on their stdin go on together. */
export const go = (children: readonly Child[]): void => {
  for (const { process } of children) process.stdin?.write('go\n')
}
