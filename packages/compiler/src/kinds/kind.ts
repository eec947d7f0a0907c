import type { Diagnostic, Digest, SourceLocation, StageCode } from '@millrace/ir'

/** What the compiler knows of the stages of one kind. A kind is a file here, and one in the runner that starts it. */
export interface KindCode {
  readonly kind: StageCode['kind']
  /**
   * The digest of all that may change what such a stage gives, where the Graph tells it. With neither this nor `read`
   * its code is a function that a module exports, which `indexCode` digests.
   *
   * @param asset gives the digest of an asset, by token
   */
  digest?(code: StageCode, asset: (token: string) => string | undefined): Digest
  /**
   * Reads what counts of a stage whose code lies in files of its own. What is named in `code` are file URLs here.
   *
   * @param program the same object for all stages that are read together
   */
  read?(code: StageCode, program: object): ReadCode
}

/** The code of a stage as it lies in files. */
export interface ReadCode {
  /** Of all that may change what the stage gives. */
  readonly digest: Digest
  /** What was read: absolute paths, with digests of their bytes. */
  readonly files: readonly { readonly path: string; readonly digest: Digest }[]
  readonly problems: readonly CodeProblem[]
  /** What the kind in the runner has to know of it. */
  readonly known: object
}

/** What is wrong with it, and where. */
export interface CodeProblem extends Pick<Diagnostic, 'code' | 'severity' | 'message' | 'fix'> {
  /** Missing: the stage itself. */
  readonly at?: SourceLocation
}
