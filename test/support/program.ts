import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Files, writeProgram } from './files.ts'
import { finish, type Ran, type RunOptions, root, type Started, start } from './processes.ts'

export interface Program {
  readonly folder: string
  run(args?: readonly string[], options?: RunOptions): Promise<Ran>
  /** Like `run`, without waiting for the end. */
  start(args?: readonly string[], options?: RunOptions): Started
}

/** Writes a program into a folder of its own, in which `millrace` and `zod` resolve; it goes when the test ends. */
export function program(files: Files): Program {
  const folder = join(root, 'test/.tmp', randomBytes(6).toString('hex'))
  writeProgram(folder, files)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return {
    folder,
    run: (args, options) => finish(folder, args, options),
    start: (args, options) => start(folder, args, options),
  }
}
