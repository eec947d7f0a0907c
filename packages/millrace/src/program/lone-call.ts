import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArtifactValue, defaultResources, type Json, type Resources } from '@millrace/ir'
import { type Attempt, callStage, failStuck, installSandbox, type Outcome, onStuck } from '@millrace/runner'
import type { StageDefinition } from '@millrace/sdk'
import { processBy, stageKinds } from './stage-kinds.ts'
import { loadedStage } from './stage-loader.ts'

/** One call of a stage by its full contract, outside of any run: nothing is looked up or kept. */
export interface LoneCall extends Partial<Pick<Attempt, 'node' | 'print' | 'log' | 'metric' | 'abandon'>> {
  readonly definition: StageDefinition
  readonly input: Json
  /** The artifact of an asset, by its URL. */
  readonly asset: (url: string) => ArtifactValue | undefined
  readonly seed: number
  readonly env: { readonly [name: string]: string }
  readonly signal: AbortSignal
  readonly resources?: Resources
}

/**
 * Calls a stage in this process. What it writes lies in a temporary folder.
 *
 * @throws StageFailure with the cause
 */
export async function callAlone({ definition, asset, ...call }: LoneCall): Promise<Outcome> {
  const release = installSandbox()
  const awake = onStuck(failStuck)
  let files: string | undefined
  try {
    const kinds = stageKinds([definition.code], join(tmpdir(), 'millrace-environments'))
    return await callStage(loadedStage(definition, asset, processBy(kinds)), {
      node: definition.name,
      files: () => (files ??= join(mkdtempSync(join(tmpdir(), `millrace-${definition.name}-`)), 'files')),
      metric: () => {},
      log: () => {},
      print: () => {},
      abandon: call.signal,
      resources: definition.options.resources ?? defaultResources,
      worker: { index: 0, count: 1 },
      attempt: 1,
      ...call,
    })
  } finally {
    awake()
    release()
  }
}
