/** A name that an import makes known. */
export interface ImportedName {
  /** `*`: all of them. */
  readonly name: string
  readonly as?: string
}

/** What an import says by itself. */
export interface ImportStatement {
  /** `from a import b`; `import a`; `importlib.import_module('a')` or `__import__('a')`. */
  readonly form: 'from' | 'import' | 'call'
  /** `a.b`; empty for `from . import c`. */
  readonly module: string
  /** How many dots stand before it. */
  readonly level: number
  /** What `from` takes out of it; of `import a.b as c` that one name. */
  readonly names: readonly ImportedName[]
}

/** One module that a file imports. */
export interface PythonImport extends ImportStatement {
  /** Of the statement, or the call; from 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
  /** In no block. */
  readonly top: boolean
  /** Below `if TYPE_CHECKING:`. */
  readonly typeChecking: boolean
  /** In the body of a `try` that takes its failure. */
  readonly guarded: boolean
}

/** Python takes names that look alike as the same. */
export const identifier = (text: string): string => text.normalize('NFKC')
