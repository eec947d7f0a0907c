import type { Diagnostic } from '@millrace/ir'
import type { CacheFolder } from '../toolchain/cache-file.ts'

/** Where a pipeline is defined, or a stage whose words are functions. */
export interface BuildSite {
  readonly pipeline: string
  /** The stage, with its options that are functions of placeholders. */
  readonly stage?: { readonly name: string; readonly options: readonly string[] }
  /** Absolute path. */
  readonly file: string
  /** 1-based place of the call that defines it. */
  readonly line: number
  readonly column: number
}

export interface CheckOptions extends CacheFolder {
  /** Imports a module by its file URL, in the same way as the program was. */
  importModule(url: string): Promise<Readonly<Record<string, unknown>>>
  /** Whether a value is a stage or a pipeline of millrace: what it gives when called is a value to come. */
  isCallable(value: unknown): boolean
}

/** A value that a build calls, by the module it is imported from and its path there. */
export interface Question {
  readonly url: string
  readonly path: readonly string[]
  readonly callable: boolean
}

/** What was found in one file. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[]
  /** What the findings rest on besides the file. */
  readonly questions: readonly Question[]
}
