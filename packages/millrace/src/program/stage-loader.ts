import { fileURLToPath } from 'node:url'
import { type ArtifactValue, assetKey, isObject, type Json, type Schema } from '@millrace/ir'
import type { CommandStage, LoadedStage } from '@millrace/runner'
import type { Loaded } from '@millrace/runtime-local'
import { assetUrl, type StageDefinition } from '@millrace/sdk'
import { isChild } from '../is-child.ts'

/**
 * A stage of this process, as the runner takes it. A child's parent is told that its modules have been read.
 *
 * @param processOf what runs a stage that is no function. Default: nothing does
 */
export function loadedStage(
  definition: StageDefinition,
  asset: (url: string) => ArtifactValue | undefined,
  processOf: (definition: StageDefinition) => CommandStage | undefined = () => undefined,
): LoadedStage {
  const ownProcess = processOf(definition)
  const { run } = definition
  if (!run && !ownProcess) throw new Error(`stage "${definition.name}" has no function`)
  if (isChild.value) process.send?.({ loaded: true } satisfies Loaded)
  const { input } = definition
  const hasAssets = JSON.stringify(definition.inputSchema).includes(assetKey)
  return {
    name: definition.name,
    input: {
      safeParseAsync: (value, context) =>
        input.safeParseAsync(value, context) as ReturnType<LoadedStage['input']['safeParseAsync']>,
    },
    output: definition.output as unknown as LoadedStage['output'],
    outputSchema: definition.outputSchema,
    ...(hasAssets ? { assets: () => assetsIn(definition.inputSchema).flatMap((url) => asset(url) ?? []) } : {}),
    ...(ownProcess ? { process: ownProcess } : {}),
    run: (value, context) => run?.((hasAssets ? withAssets(value, asset) : value) as never, context as never),
  }
}

/** A default of a file field is an asset until the stage is called. */
function withAssets(value: unknown, asset: (url: string) => ArtifactValue | undefined): unknown {
  const url = assetUrl(value)
  if (url !== undefined) {
    const found = asset(url)
    if (!found) throw new Error(`the asset ${fileURLToPath(url)} isn't there`)
    return { ...found }
  }
  if (Array.isArray(value)) return value.map((item) => withAssets(item, asset))
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withAssets(item, asset)])) as Json
}

/** The URLs of the assets that stand as defaults in a schema. */
export const assetsIn = (schema: Schema): string[] =>
  [...JSON.stringify(schema).matchAll(/"\$asset":"([^"]+)"/g)].map((match) => match[1] as string)

/** How a child process is told which stage to run. */
export interface ChildTarget {
  readonly url: string
  readonly export: string
}

export const childVariable = 'MILLRACE_CHILD'
