import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ArtifactValue } from '@millrace/ir'
import { type ChildRequest, runChild, StageFailure } from '@millrace/runner'
import { stageDefinition } from '@millrace/sdk'
import { isChild } from '../is-child.ts'
import { assetsIn, type ChildTarget, childVariable, loadedStage } from '../program/stage-loader.ts'
import { artifactAt } from '../program/values.ts'

/** What a child process of the local runtime runs: one stage, imported from the author's module. */
isChild.value = true
const { url, export: name } = JSON.parse(process.env[childVariable] ?? '{}') as ChildTarget
const request = JSON.parse(process.env.MILLRACE_REQUEST ?? '{}') as ChildRequest

await runChild(request, async () => {
  const module = (await import(url)) as Readonly<Record<string, unknown>>
  const definition = stageDefinition(module[name])
  if (!definition)
    throw new StageFailure(
      'wrong-code',
      `"${basename(fileURLToPath(url))}" has no stage under the export "${name}"`,
      'Run again: the changed code is planned anew.',
      { retry: false },
    )
  const assets = new Map<string, ArtifactValue>()
  for (const asset of assetsIn(definition.inputSchema)) assets.set(asset, await artifactAt(fileURLToPath(asset)))
  return loadedStage(definition, (asset) => assets.get(asset))
})
