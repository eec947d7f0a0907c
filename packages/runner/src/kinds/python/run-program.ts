import { spawn } from 'node:child_process'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What kept it from starting: `ENOENT`. */
  readonly error?: string
}

/** Runs a program that helps a stage to start, and gives what it says. */
export function runProgram(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  input?: string,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: null, stdout, stderr, error: error.code ?? error.message }),
    )
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    // one that ends early reads nothing
    child.stdin?.on('error', () => {}).end(input)
  })
}
