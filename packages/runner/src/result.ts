import { mapArtifacts } from '@millrace/ir'
import { outputDigest } from '@millrace/store'
import { relativeTo } from './artifacts.ts'
import { type attemptFiles, type Done, writeWhole } from './folder.ts'
import type { LoadedStage, Outcome } from './stage.ts'

/** Leaves what the contract wants of a success: `output.json`, and last `done.json`. */
export function writeResult(
  stage: LoadedStage,
  { output, files: written }: Outcome,
  paths: ReturnType<typeof attemptFiles>,
  told: Omit<Done, 'outputDigest' | 'files'>,
  write: (path: string, value: unknown) => void = writeWhole,
): void {
  const digest = outputDigest(stage.outputSchema, output)
  const portable = mapArtifacts(stage.outputSchema, output, (at) => {
    const artifact = at as { path: string }
    return { ...artifact, path: relativeTo(paths.files, artifact.path) }
  })
  write(paths.output, portable)
  write(paths.done, {
    ...told,
    outputDigest: digest,
    files: written.map((file) => ({ ...file, path: relativeTo(paths.files, file.path) })),
  })
}
