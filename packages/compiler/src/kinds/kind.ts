import type { Digest, StageCode } from '@millrace/ir'

/** What the compiler knows of the stages of one kind. A kind is a file here, and one in the runner that starts it. */
export interface KindCode {
  readonly kind: StageCode['kind']
  /**
   * The digest of all that may change what such a stage gives. Missing: its code is a function that a module exports,
   * which `indexCode` digests.
   *
   * @param asset gives the digest of an asset, by token
   */
  digest?(code: StageCode, asset: (token: string) => string | undefined): Digest
}
