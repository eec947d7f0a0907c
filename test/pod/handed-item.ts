import type { WorkItem } from '@millrace/ir'
import { stageDefinition } from '@millrace/sdk'
import { type ItemSource, type LoadedStage, type PodOptions, runPod } from '../../packages/runner/src/index.ts'
import { look } from './stages.ts'

/** A pod of another engine, which hands the item over in a variable. */
const handed: ItemSource = { next: async () => JSON.parse(process.env.HANDED_ITEM as string) as WorkItem }
const definition = stageDefinition(look)
if (!definition) throw new Error('it is a stage')
const stage = definition as unknown as LoadedStage
const { name, input, output, outputSchema, run } = stage
await runPod(
  async () => ({
    name,
    input,
    output,
    outputSchema,
    run,
    inputSchema: definition.inputSchema,
    env: Object.keys(definition.env),
  }),
  { ...(JSON.parse(process.env.MILLRACE_POD as string) as Partial<PodOptions>), items: () => handed },
)
