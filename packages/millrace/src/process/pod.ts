import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ArtifactValue } from '@millrace/ir'
import { type PodOptions, runPod, StageFailure } from '@millrace/runner'
import { stageDefinition } from '@millrace/sdk'
import { isChild } from '../is-child.ts'
import { assetsIn, loadedStage } from '../program/stage-loader.ts'
import { artifactAt } from '../program/values.ts'

/** What a stage's pod runs: one stage, imported from the code that its Job was compiled with. */
isChild.value = true

await runPod(
  async (folder) => {
    const module = (await import(pathToFileURL(join(folder, 'stage.mjs')).href)) as Readonly<Record<string, unknown>>
    const definition = stageDefinition(module.default)
    if (!definition)
      throw new StageFailure(
        'wrong-code',
        'the module "stage.mjs" of the code has no stage as its default export',
        'Compile and apply again.',
        { retry: false },
      )
    const assets = new Map<string, ArtifactValue>()
    for (const asset of assetsIn(definition.inputSchema)) assets.set(asset, await artifactAt(fileURLToPath(asset)))
    return {
      ...loadedStage(definition, (asset) => assets.get(asset)),
      inputSchema: definition.inputSchema,
      env: Object.keys(definition.env),
    }
  },
  // for tests, which run it in other places than a pod's
  JSON.parse(process.env.MILLRACE_POD ?? '{}') as Partial<PodOptions>,
)
