import { join, relative } from 'node:path'
import { type Diagnostic, formatDiagnostic } from '@millrace/ir'
import { expect } from 'vitest'
import type { Files } from '../support/files.ts'
import { normal, type Ran, type RunOptions } from '../support/processes.ts'
import { type Program, program } from '../support/program.ts'

/** What stands in no message: frames, paths of this machine, our own files. */
const ours = /<dir>|node_modules|node:|packages\/\w+\/src/

/** What a program that ends with `code` and gives nothing on stdout says on stderr. By plain Node unless told. */
export async function told(
  code: number,
  files: Files | Program,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<string> {
  const { run } = isProgram(files) ? files : program(files)
  const ran = await run(args, { how: 'node', ...options })
  expect({ code: ran.code, stdout: ran.stdout, stderr: ran.stderr }).toEqual({ code, stdout: '', stderr: ran.stderr })
  expect(ran.stderr).not.toMatch(ours)
  return ran.stderr
}

/** A program that is refused before it begins. */
export const refused = (files: Files | Program, args?: readonly string[], options?: RunOptions): Promise<string> =>
  told(2, files, args, options)

/** A run in which stages fail; without the ends of their logs, and without the last line: the counts and the time. */
export async function failed(
  files: Files | Program,
  args: readonly string[] = [],
  options?: RunOptions,
): Promise<string> {
  const text = await told(1, files, ['--progress', 'quiet', ...args], options)
  return withoutLogs(text).replace(/\d+ ran, .*\n$/, '')
}

const withoutLogs = (text: string): string => text.replace(/^ {2}(log.*:|\| .*)\n/gm, '')

/** With `--json` the last line of stdout carries what stderr says. */
export function sameAsJson(ran: Ran, { folder }: Program): Record<string, unknown> {
  const last = ran.events().at(-1) as { event: string; errors: Diagnostic[] }
  expect(last.event).toBe('run.finished')
  const lines = last.errors.map((error) => `${formatDiagnostic(error, (file) => relative(folder, file))}\n`)
  expect(withoutLogs(ran.stderr).startsWith(normal(lines.join(''), folder))).toBe(true)
  for (const { at } of last.errors) if (at.file !== undefined) expect(at.file.startsWith(join(folder, '/'))).toBe(true)
  return last
}

const isProgram = (files: Files | Program): files is Program => typeof files === 'object' && 'run' in files
