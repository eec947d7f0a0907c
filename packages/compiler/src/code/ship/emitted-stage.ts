import { gzipSync } from 'node:zlib'
import { type ArchiveFile, type Diagnostic, packArchive, type SourceLocation } from '@millrace/ir'
import type { StageCode } from '../digest/stage-code.ts'

/** The code of one stage as it is shipped. */
export interface EmittedStage {
  /**
   * `stage.mjs`: one module whose default export is what `stage()` returned. It imports Node's own modules, and those of
   * packages that lie in `node_modules` beside it, and finds its assets there.
   */
  readonly code: string
  /** Files that the code names, and those of packages that can't be bundled, by their path relative to the module, sorted. */
  readonly assets: readonly ArchiveFile[]
}

export interface EmitRequest {
  /** By the names that messages use. */
  readonly stages: ReadonlyMap<string, StageCode>
  /** Where a stage is defined. */
  at?(key: string): SourceLocation
}

export interface EmittedStages {
  /** A stage whose code has an error is absent. */
  readonly stages: ReadonlyMap<string, EmittedStage>
  readonly diagnostics: readonly Diagnostic[]
}

/** All files of a stage's code in one archive, `stage.mjs` among them. */
export const stageArchive = ({ code, assets }: EmittedStage): Uint8Array =>
  packArchive([{ path: 'stage.mjs', bytes: new TextEncoder().encode(code), executable: false }, ...assets])

/**
 * The archive, gzipped. Another version of zlib may give other bytes: whoever names it by its content uses
 * `archiveDigest` of the archive itself.
 */
export const packStage = (emitted: EmittedStage): Uint8Array => gzipSync(stageArchive(emitted))
