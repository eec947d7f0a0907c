import { readFileSync } from 'node:fs'
import {
  type ClusterEnvironment,
  type Emitted,
  emitKubernetes,
  emitStages,
  kubernetesCapabilities,
} from '@millrace/compiler'
import { nowhere, type Place } from '@millrace/ir'
import { type Prepared, refuse } from './prepare.ts'
import type { Target } from './program.ts'

export interface Chosen {
  readonly name: string
  readonly environment: ClusterEnvironment
  /** The config that defines it. */
  readonly file: string
}

export const clusterTarget = ({ environment }: Chosen): Target => ({
  capabilities: kubernetesCapabilities,
  variables: environment.env ?? {},
})

/**
 * The manifests of a prepared program.
 *
 * @throws DiagnosticError with all that the environment or the API server would refuse
 */
export async function manifestsOf(
  prepared: Prepared,
  { name, environment }: Chosen,
  { policy = false }: { readonly policy?: boolean } = {},
): Promise<Emitted> {
  const { plan, input, assets, code, program } = prepared
  const places = program.traced.places
  const at = (key: string) => stageAt(prepared, key)
  const emitted = await emitStages({ stages: code.stages, at })
  refuse(emitted.diagnostics)
  const manifests = await emitKubernetes({
    plan,
    input,
    assets,
    stages: emitted.stages,
    environment,
    environmentName: name,
    runner: readFileSync(programOf('runner')),
    driver: readFileSync(programOf('driver')),
    policy,
    at: (node) => ({ ...nowhere, ...places.get(node)?.(), pipeline: plan.pipeline, node: node === '' ? null : node }),
  })
  refuse(manifests.diagnostics)
  return { ...manifests, diagnostics: [...emitted.diagnostics, ...manifests.diagnostics] }
}

/** Where an author defines a stage. */
function stageAt({ program }: Prepared, key: string): Place {
  const definition = program.traced.stages.get(key)
  const { file, line, column } = definition?.at() ?? {}
  return file === undefined
    ? {}
    : { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) }
}

/** Our own programs for pods, prebuilt. */
const programOf = (name: 'runner' | 'driver'): URL =>
  new URL(import.meta.url.endsWith('.ts') ? `../../dist/pod/${name}.mjs` : `./pod/${name}.mjs`, import.meta.url)
