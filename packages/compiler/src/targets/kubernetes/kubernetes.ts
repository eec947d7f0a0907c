import type { Capabilities } from '../../context.ts'
import type { ClusterProgram, Emitted } from '../target.ts'

/** What Jobs can do of what a Plan may ask. */
export const kubernetesCapabilities: Capabilities = {
  name: 'kubernetes',
  kinds: ['typescript'],
  workers: false,
  secrets: true,
  exported: true,
  ownEnv: true,
}

/**
 * Lowers a Plan to manifests: one object a file, the same bytes on every machine (but for what gzip makes of the same
 * content). What the API server would refuse is a diagnostic.
 */
export async function emitKubernetes(program: ClusterProgram): Promise<Emitted> {
  const { emit } = await import('./lower.ts')
  return emit(program)
}
