import { type Digest, type Json, mapArtifacts } from '@millrace/ir'
import { outputDigest } from '@millrace/store'
import { relativeTo } from './artifacts.ts'
import { type attemptFiles, type Done, writeWhole } from './folder.ts'
import type { LoadedStage, Outcome } from './stage.ts'

/** What a success tells of itself, with the attempt's own artifacts by paths relative to its files folder. */
export interface PortableResult {
  readonly output: Json
  readonly outputDigest: Digest
  readonly files: Outcome['files']
}

export function portable(stage: LoadedStage, { output, files }: Outcome, folder: string): PortableResult {
  const own = <T extends { readonly path: string }>(artifact: T): T => ({
    ...artifact,
    path: relativeTo(folder, artifact.path),
  })
  return {
    output: mapArtifacts(stage.outputSchema, output, (at) => own(at as { path: string }) as unknown as Json),
    outputDigest: outputDigest(stage.outputSchema, output),
    files: files.map(own),
  }
}

/** Leaves what the contract wants of a success: `output.json`, and last `done.json`. */
export function writeResult(
  stage: LoadedStage,
  outcome: Outcome,
  paths: ReturnType<typeof attemptFiles>,
  told: Omit<Done, 'outputDigest' | 'files'>,
): void {
  const { output, ...more } = portable(stage, outcome, paths.files)
  writeWhole(paths.output, output)
  writeWhole(paths.done, { ...told, ...more })
}
