/** What a call must end with. `<it>` in a message stands for its id, `<dir>` for the program's folder. */
export type End =
  | { readonly output: object }
  | { readonly code: string; readonly message: string }
  | { readonly untried: string }

/** One way to misbehave. */
export interface Form {
  readonly name: string
  /** What the stage does, an async function body that sees `n` and `context`. */
  readonly run: string
  /** Text of its output schema. Default `z.object({ n: z.int() })`. */
  readonly output?: string
  /** Text of its input schema. Default `z.object({ n: z.int() })`. */
  readonly input?: string
  /** More options of the stage, as text. */
  readonly more?: string
  /** What it must end with in this process, and in one of its own. */
  readonly here: End
  readonly apart: End
  /** Its attempts. Default 1. */
  readonly attempts?: number
  /** Whether it changes what all code of its process uses, so that it may share the process with none of its kind. */
  readonly loud?: true
  /** What the file of its log must hold; and the memory of the run must be flat. */
  readonly log?: 'million' | 'cut'
  /** Lines that it brings to the stdout of the run, past all that Millrace could catch. */
  readonly spoils?: string
}

/** Ends that are the same in both places. */
export const both = (end: End): { readonly here: End; readonly apart: End } => ({ here: end, apart: end })

export const fine: End = { output: { n: 7 } }
export const fails = (code: string, message: string): End => ({ code, message })
export const threw = (what: string): End => fails('stage-threw', `"<it>" threw ${what}`)
export const lost = (what: string): End => fails('unhandled-error', `"<it>" left unhandled ${what}`)
export const never: End = fails('never-settled', '"<it>" returned a promise that nothing can settle any more')
export const late = (time: string): End => fails('stage-timeout', `"<it>" did not end within its timeout of ${time}`)
export const called = (what: string): End => fails('exit-called', `"<it>" called ${what}`)
export const notJson = (where: string): End =>
  fails('invalid-output', `"<it>" returned a value in which ${where}, which JSON can't carry`)
export const refused = (why: string): End =>
  fails('invalid-output', `"<it>" returned what its output schema refuses: ${why}`)
export const untried = (why: string): End => ({ untried: why })
