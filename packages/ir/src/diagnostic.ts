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

export type Code = (typeof codes)[number]
export type Severity = 'error' | 'warning' | 'notice'

export interface DiagnosticLocation {
  readonly pipeline: string | null
  readonly node: string | null
  /** Field of the node, as an author would write it: `rows[3].name`. */
  readonly path?: string
  /** Absolute path of the author's file. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** One thing that is wrong, in plain data. */
export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  /** What is wrong, with the author's own names in quotes. */
  readonly message: string
  readonly at: DiagnosticLocation
  /** One imperative sentence. */
  readonly fix: string
}

export const nowhere: DiagnosticLocation = { pipeline: null, node: null }

const mark: unique symbol = Symbol.for('millrace.diagnostics') as never

/** Thrown once, by the outermost call, with all that was found. */
export class DiagnosticError extends Error {
  override readonly name: string = 'DiagnosticError'
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

/** `error[bad-name] message`, then the place, then the fix; one string without colours. */
export function formatDiagnostic(diagnostic: Diagnostic, showFile: (file: string) => string = (file) => file): string {
  const { at } = diagnostic
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`]
  if (at.file !== undefined)
    lines.push(`  at ${showFile(at.file)}${at.line === undefined ? '' : `:${at.line}:${at.column ?? 1}`}`)
  lines.push(`  fix: ${diagnostic.fix}`)
  return lines.join('\n')
}
