import type { EmitRequest, EmittedStages } from './emitted-stage.ts'

export type { EmittedStage } from './emitted-stage.ts'

/**
 * Bundles the code of each stage, with all packages that it needs, so that it runs where nothing is installed.
 *
 * Never throws for what is wrong in the program: that is in the diagnostics (`bundle-failed`, `missing-file`,
 * `native-addon`, `code-too-large`). The same program gives the same bytes in every folder.
 */
export async function emitStages(request: EmitRequest): Promise<EmittedStages> {
  const { emitProgram } = await import('./emit-program.ts')
  return emitProgram(request)
}
