import { basename } from 'node:path'
import type { Diagnostic, SourceLocation } from '@millrace/ir'
import type { PythonImport } from './python-import.ts'
import type { StageFunction } from './stage-functions.ts'

/** What is wrong with a script, and where. */
export interface ScriptProblem extends Pick<Diagnostic, 'severity' | 'message' | 'fix'> {
  readonly code: 'missing-file' | 'python-script'
  readonly at: SourceLocation
}

const problem = (code: ScriptProblem['code'], at: SourceLocation, message: string, fix: string): ScriptProblem => ({
  code,
  severity: 'error',
  message,
  at,
  fix,
})

export const missingScript = (file: string): ScriptProblem =>
  problem('missing-file', { file }, `there is no script "${basename(file)}"`, 'Create it, or correct the path.')

export const folderAsScript = (file: string): ScriptProblem =>
  problem('missing-file', { file }, `"${basename(file)}" is a folder, no script`, 'Name the script in it.')

export const missingInclude = (file: string): ScriptProblem =>
  problem('missing-file', { file }, `there is no "${basename(file)}" to include`, 'Create it, or correct the path.')

export const notebook = (file: string): ScriptProblem =>
  problem(
    'python-script',
    { file },
    `"${basename(file)}" is a notebook, no script`,
    `Run jupyter nbconvert --to script "${basename(file)}", and name the script that it writes.`,
  )

export const undecoded = (file: string, shown: string, line: number): ScriptProblem =>
  problem('python-script', { file, line, column: 1 }, `"${shown}" is not UTF-8`, 'Save it as UTF-8.')

export const namedAsLibrary = (file: string, stem: string): ScriptProblem =>
  problem(
    'python-script',
    { file },
    `"${basename(file)}" hides the module "${stem}" of Python's standard library from all that import it`,
    'Rename the script.',
  )

export const twoBlocks = (file: string, line: number): ScriptProblem =>
  problem(
    'python-script',
    { file, line, column: 1 },
    `"${basename(file)}" has a second block "# /// script"`,
    'Keep one of them.',
  )

export const twoStages = (file: string, first: StageFunction, second: StageFunction): ScriptProblem =>
  problem(
    'python-script',
    { file, line: second.line, column: second.column },
    `"${basename(file)}" has two functions with @stage, "${first.name}" and "${second.name}"`,
    'Keep one, and put the other into a script of its own.',
  )

export const argsBesideStage = (file: string, { name, line, column }: StageFunction): ScriptProblem =>
  problem(
    'python-script',
    { file, line, column },
    `"${basename(file)}" has a function with @stage, "${name}", and args, which nothing reads`,
    'Remove args, as the function gets the input, or remove @stage.',
  )

export const writtenImport = ({ module, level }: PythonImport): string => `${'.'.repeat(level)}${module}`

export const relativeInScript = (file: string, one: PythonImport): ScriptProblem =>
  problem(
    'python-script',
    { file, line: one.line, column: one.column },
    `"${basename(file)}" imports "${writtenImport(one)}", but a script is in no package`,
    one.module === '' ? 'Import it by its name, without dots.' : `Import "${one.module}", without dots.`,
  )

export const relativeOutside = (file: string, shown: string, one: PythonImport): ScriptProblem =>
  problem(
    'python-script',
    { file, line: one.line, column: one.column },
    `"${shown}" imports "${writtenImport(one)}", which is outside of its package`,
    'Import it by its name, without dots, or import this file as part of a package.',
  )

/** @param name with its dots, as it would be imported */
export const missingModule = (file: string, shown: string, name: string, one: PythonImport): ScriptProblem =>
  problem(
    'python-script',
    { file, line: one.line, column: one.column },
    `"${shown}" imports "${name}", which isn't there`,
    'Create the module, or correct the import.',
  )
