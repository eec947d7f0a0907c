import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const bin = join(root, 'node_modules/.bin')
const node = realpathSync(join(bin, 'node'))
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
  /** Default 60 s; then the process is killed and `signal` says so. */
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

export interface Program {
  readonly folder: string
  run(args?: readonly string[], options?: RunOptions): Promise<Ran>
}

/** The files of a program by name; a lone text is `program.ts`. */
export type Files = string | Readonly<Record<string, string>>

/** Writes a program into a folder of its own, in which `millrace` and `zod` resolve; it goes when the test ends. */
export function program(files: Files): Program {
  const folder = join(root, 'test/.tmp', randomBytes(6).toString('hex'))
  const texts = typeof files === 'string' ? { 'program.ts': files } : files
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...texts })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return { folder, run: (args = [], options = {}) => start(folder, args, options) }
}

function start(folder: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { how = 'loader', entry = 'program.ts', timeout = 60_000 } = options
  const loader = { tsx: [join(tsx, 'cli.mjs')], loader: ['--import', join(tsx, 'loader.mjs')], node: [] }[how]
  const child = spawn(options.node ?? node, [...loader, entry, ...args], {
    cwd: folder,
    env: clean({ MILLRACE_STORE: join(folder, 'store'), ...options.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: normal(texts.stdout, folder),
        stderr: normal(texts.stderr, folder),
        events: () =>
          texts.stdout
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Record<string, unknown>),
      }),
    )
  })
}

/** What a shell gives a user, without what only this test run has. */
function clean(more: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const { HOME = '/root', USER = 'root', LANG = 'C.UTF-8', TMPDIR } = process.env
  const path = `${bin}:${dirname(node)}:${process.env.PATH ?? ''}`
  // compiled code of our packages is kept from child to child: half of a child's time
  const all = { HOME, USER, LANG, TMPDIR, PATH: path, NODE_COMPILE_CACHE: join(root, 'test/.tmp/.compiled'), ...more }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

export const normal = (text: string, folder: string): string =>
  text
    .replaceAll(folder, '<dir>')
    .replace(/\b\d{8}-\d{6}-[0-9a-f]{6}\b/g, '<run>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
    .replace(/\b\d\d:\d\d:\d\d(?:\.\d{3})?\b/g, '<time>')
    .replace(/\bsha256:[0-9a-f]{64}\b/g, '<digest>')
    .replace(/"seconds":[\d.]+/g, '"seconds":"<s>"')
    .replace(/\b\d+\.\d\d s\b/g, '<s>')
