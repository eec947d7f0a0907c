import type { StackFrame } from './source-location.ts'

/** The closed set of codes. Each has a page, docs/errors/<code>.md, and a test that asserts its whole text. */
export const codes = [
  // what an author wrote
  'async-build',
  'bad-name',
  'bad-option',
  'bad-schema',
  'build-failed',
  'call-outside-build',
  'duplicate-name',
  'invalid-word',
  'literal-not-json',
  'literal-too-large',
  'maybe-absent',
  'missing-field',
  'not-supported',
  'recursive-pipeline',
  'ref-as-value',
  'ref-out-of-scope',
  'unknown-field',
  'unknown-output',
  // code and its bundle
  'bundle-failed',
  'code-too-large',
  'environment-at-top-level',
  'foreign-loader',
  'missing-environment-value',
  'native-addon',
  'stage-not-exported',
  'uncounted-file',
  // parameters and input files
  'bad-parameters-file',
  'invalid-parameter',
  'missing-file',
  'missing-parameter',
  'unknown-parameter',
  // environments
  'bad-environment',
  'does-not-fit',
  'image-without-digest',
  // a run
  'attempt-refused',
  'exit-called',
  'invalid-input',
  'invalid-output',
  'never-settled',
  'no-output',
  'output-outside',
  'output-too-large',
  'process-failed',
  'python-environment',
  'python-script',
  'python-undigested',
  'python-unlocked',
  'resources-cut',
  'resources-missing',
  'run-cancelled',
  'run-timeout',
  'stage-threw',
  'stage-timeout',
  'unhandled-error',
  'wrong-code',
  // a cluster
  'cluster-failed',
  'files-too-large',
  'secret-in-clear',
  // store and command line
  'internal-error',
  'store-failed',
  'store-version',
  'unknown-environment',
  'unknown-pipeline',
  'unknown-run',
  'unknown-stage',
  'unknown-target',
  'usage',
] as const

/** Which mistake it is. Each has a page in the reference of errors. */
export type Code = (typeof codes)[number]
/** An `error` fails the command or the run; a `warning` or `notice` fails nothing. */
export type Severity = 'error' | 'warning' | 'notice'

/** Where something is wrong. */
export interface DiagnosticLocation {
  /** Name of the pipeline; `null` where none is concerned. */
  readonly pipeline: string | null
  /** The call, as `prepare/clean.2`; `null` where none is concerned. */
  readonly node: string | null
  /** Field of the node, as an author would write it: `rows[3].name`. */
  readonly path?: string
  /** Absolute path of the author's file: of a call of a stage, where the pipeline calls it. */
  readonly file?: string
  /** From 1. */
  readonly line?: number
  /** From 1. */
  readonly column?: number
  /** Where the stage is defined. */
  readonly stage?: StageLocation
}

/** Where a stage is defined. */
export interface StageLocation {
  /** Absolute path. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column?: number
}

/** Where the author calls a stage, and where it is defined, as far as it is known. */
export type CallLocation = Pick<DiagnosticLocation, 'file' | 'line' | 'column' | 'stage'>

/** An error that caused another, or that another gathers. */
export interface ErrorCause {
  /** Name of the error: `TypeError`. */
  readonly name: string
  /** Message of the error. */
  readonly message: string
  /** The author's frames, the innermost first. */
  readonly stack: readonly StackFrame[]
}

/** One thing that is wrong, in plain data. */
export interface Diagnostic {
  /** Which mistake it is: one of a closed set. */
  readonly code: Code
  /** Whether it ends something. */
  readonly severity: Severity
  /** What is wrong, with the author's own names in quotes. */
  readonly message: string
  /** Where it is. */
  readonly at: DiagnosticLocation
  /** One imperative sentence. */
  readonly fix: string
  /** Of what a stage threw: the author's frames, the innermost first. */
  readonly stack?: readonly StackFrame[]
  /** Of what a stage threw: its causes, the nearest first. */
  readonly causes?: readonly ErrorCause[]
}

export const nowhere: DiagnosticLocation = { pipeline: null, node: null }

const mark: unique symbol = Symbol.for('millrace.diagnostics') as never

/** Thrown once, by the outermost call, with all that was found. */
export class DiagnosticError extends Error {
  /** Of errors of this kind. */
  override readonly name: string = 'DiagnosticError'
  /** All that was found, in the order of the program. */
  readonly diagnostics: readonly Diagnostic[]
  readonly [mark] = true

  constructor(diagnostics: readonly Diagnostic[], options?: ErrorOptions) {
    super(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n'), options)
    this.diagnostics = diagnostics
  }
}

/** Also true of an error that another copy of this package made. */
export function isDiagnosticError(error: unknown): error is DiagnosticError {
  try {
    return (
      typeof error === 'object' &&
      error !== null &&
      mark in error &&
      Array.isArray((error as Partial<DiagnosticError>).diagnostics)
    )
  } catch {
    // a proxy whose trap throws
    return false
  }
}

export const fail = (diagnostic: Diagnostic): never => {
  throw new DiagnosticError([diagnostic])
}

/** What a person reads of a diagnostic: `error[bad-name]: …`, where it is, a line each, and the way out. */
export interface DiagnosticText {
  readonly message: string
  readonly where: readonly string[]
  readonly fix: string
}

/** Frames of a stack that are shown. */
export const framesShown = 8

/** @param frames how many of each stack are shown */
export function diagnosticText(
  diagnostic: Diagnostic,
  showFile: (file: string) => string = (file) => file,
  frames = framesShown,
): DiagnosticText {
  const { severity, code, message, at, stack = [], causes = [], fix } = diagnostic
  const place = ({ file, line, column }: { readonly file: string; readonly line?: number; readonly column?: number }) =>
    `${showFile(file)}${line === undefined ? '' : `:${line}:${column ?? 1}`}`
  const frame = (one: StackFrame) => (one.function === undefined ? place(one) : `${one.function} (${place(one)})`)
  const shown = (all: readonly StackFrame[], margin: string): string[] => [
    ...all.slice(0, frames).map((one) => `${margin}at ${frame(one)}`),
    ...(all.length > frames ? [`${margin}… and ${all.length - frames} more`] : []),
  ]
  const where = shown(stack, '  ')
  let outer = stack
  for (const cause of causes) {
    const own = ownFrames(cause.stack, outer)
    if (own.length > 0) where.push(`  caused by ${cause.name}: ${firstLine(cause.message)}`, ...shown(own, '    '))
    outer = cause.stack
  }
  const ofCall = stack.length > 0 || at.stage !== undefined
  if (at.file !== undefined) where.push(`  ${ofCall ? 'called at' : 'at'} ${place({ ...at, file: at.file })}`)
  if (at.stage !== undefined) where.push(`  stage at ${place(at.stage)}`)
  return { message: `${severity}[${code}]: ${message}`, where, fix: `  fix: ${fix}` }
}

/** The frames of a cause without those at its end that the error around it has too. */
function ownFrames(stack: readonly StackFrame[], outer: readonly StackFrame[]): readonly StackFrame[] {
  const same = (a: StackFrame, b: StackFrame | undefined) =>
    b !== undefined && a.file === b.file && a.line === b.line && a.column === b.column
  let shared = 0
  while (shared < stack.length && same(stack.at(-1 - shared) as StackFrame, outer.at(-1 - shared))) shared++
  return stack.slice(0, stack.length - shared)
}

const firstLine = (text: string): string => {
  const [line = ''] = text.split('\n')
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** The same as one string without colours. */
export function formatDiagnostic(diagnostic: Diagnostic, showFile?: (file: string) => string, frames?: number): string {
  const { message, where, fix } = diagnosticText(diagnostic, showFile, frames)
  return [message, ...where, fix].join('\n')
}
