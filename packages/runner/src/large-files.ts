import { type LargeFile, largeFilesOf } from '@millrace/store'
import type { Outcome } from './stage.ts'

/** What is known of the large files of an artifact. */
export interface KnownLarge {
  /** Of the artifact. */
  readonly path: string
  readonly files: readonly LargeFile[]
}

/** What this process knows of the large files that an attempt wrote: who commits them need not read them again. */
export const knownLarge = ({ files }: Pick<Outcome, 'files'>): KnownLarge[] =>
  files
    .map(({ path, size }) => ({ path, files: largeFilesOf({ path, size }) }))
    .filter((known) => known.files.length > 0)
