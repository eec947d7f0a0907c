import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
const bin = join(root, 'node_modules/.bin')
export const node = realpathSync(join(bin, 'node'))
const tsx = join(root, 'node_modules/tsx/dist')

/** `tsx`: the command; `loader`: `node --import tsx`, one process less; `node`: Node's own type stripping, quickest. */
export type How = 'tsx' | 'loader' | 'node'

export interface RunOptions {
  readonly how?: How
  /** Default `program.ts`. */
  readonly entry?: string
  /** More variables; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Another Node executable. */
  readonly node?: string
  /** Words before the Node executable: `['strace', '-f']`. */
  readonly before?: readonly string[]
  /** Leads a process group of its own. Default false. */
  readonly detached?: boolean
  /** Milliseconds until the process is killed, and `signal` says so. Default 10 minutes: what takes so long hangs. */
  readonly timeout?: number
}

/** What a program left, with what differs from run to run replaced: `<dir>`, `<run>`, `<time>`, `<s>`, `<digest>`. */
export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as lines of JSON, not replaced. */
  readonly events: () => Record<string, unknown>[]
}

/** A program that runs, with what it said so far. */
export interface Started {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until its stderr or stdout holds a text. */
  said(text: string): Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** How a folder's program is called. */
export function commandOf(folder: string, args: readonly string[], options: RunOptions = {}) {
  const { how = 'loader', entry = 'program.ts', before = [] } = options
  const loader = { tsx: [join(tsx, 'cli.mjs')], loader: ['--import', join(tsx, 'loader.mjs')], node: [] }[how]
  const [command, ...words] = [...before, options.node ?? node, ...loader, entry, ...args] as [string, ...string[]]
  return { command, words, env: clean({ MILLRACE_STORE: join(folder, 'store'), ...options.env }) }
}

/** Starts a folder's program, whose store is `store` beside it, without waiting for its end. */
export function start(folder: string, args: readonly string[] = [], options: RunOptions = {}): Started {
  const { detached = false, timeout = 600_000 } = options
  const { command, words, env } = commandOf(folder, args, options)
  const child = spawn(command, words, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
    timeout,
    killSignal: 'SIGKILL',
  })
  const texts = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
      for (const look of waiting) look()
    })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!texts.stdout.includes(text) && !texts.stderr.includes(text)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without saying "${text}":\n${texts.stdout}${texts.stderr}`)))
    })
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, said, ended }
}

/** Runs a folder's program to its end. */
export async function finish(folder: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
  const started = start(folder, args, options)
  const { code, signal } = await started.ended
  return {
    code,
    signal,
    stdout: normal(started.stdout(), folder),
    stderr: normal(started.stderr(), folder),
    events: () =>
      started
        .stdout()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

/** What a shell gives a user, without what only this test run has. */
function clean(more: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const { HOME = '/root', USER = 'root', LANG = 'C.UTF-8', TMPDIR } = process.env
  const path = `${bin}:${dirname(node)}:${process.env.PATH ?? ''}`
  // compiled code of our packages is kept from child to child: half of a child's time
  const kept = { NODE_COMPILE_CACHE: join(root, 'test/.tmp/.compiled'), XDG_CACHE_HOME: join(root, 'test/.tmp/.cache') }
  const all = { HOME, USER, LANG, TMPDIR, PATH: path, ...kept, ...more }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

export const normal = (text: string, folder: string): string =>
  text
    .replaceAll(folder, '<dir>')
    .replace(/\b\d{8}-\d{6}-[0-9a-f]{6}\b/g, '<run>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, '<start>')
    .replace(/\b\d\d:\d\d:\d\d(?:\.\d{3})?\b/g, '<time>')
    .replace(/\bsha256:[0-9a-f]{64}\b/g, '<digest>')
    .replace(/"seconds":[\d.]+/g, '"seconds":"<s>"')
    .replace(/\b\d+\.\d\d s\b/g, '<s>')

/** Whether a process still runs: one that nobody has waited for yet does not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    // a system without /proc
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
