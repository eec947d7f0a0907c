import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** A program that runs, with what it said so far. */
export interface Started {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until its stderr or stdout holds a text. */
  said(text: string): Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Starts `program.ts` of a folder without waiting for its end. */
export function start(folder: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Started {
  const node = join(root, 'node_modules/node/bin/node')
  const loader = join(root, 'node_modules/tsx/dist/loader.mjs')
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(node, ['--import', loader, 'program.ts', ...args], {
    cwd: folder,
    env: { PATH, HOME, TMPDIR, MILLRACE_STORE: join(folder, 'store'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
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
