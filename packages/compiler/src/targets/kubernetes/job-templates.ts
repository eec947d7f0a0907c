import { randomBytes } from 'node:crypto'
import type { V1Job } from '@kubernetes/client-node'
import { canonical, type Digest, digestBytes, type Json, optionsOf, type PlanStageSpec } from '@millrace/ir'
import { stageJobName } from './names.ts'
import { printManifest } from './print.ts'
import { type StageJobParts, stageJob } from './stage-job.ts'

export interface PrintedJob {
  readonly name: string
  readonly text: string
  readonly backoffLimit?: number
}

/** A Job without its key and its name: what stands before each of them, and after. */
interface Form {
  readonly spec: readonly string[]
  readonly text: readonly string[]
  readonly backoffLimit: number | undefined
}

/** Stands for a node's key, and for nothing else that a Job may hold. */
const anyKey: Digest = `sha256:${randomBytes(32).toString('hex')}`

/**
 * Prints the Jobs of one plan, of which there may be ten thousand that differ in their node's key only: each form is
 * built, printed and compared once.
 */
export class JobForms {
  readonly #forms = new Map<string, Form>()

  print(parts: StageJobParts): PrintedJob {
    const { spec, text, backoffLimit } = this.#formOf(parts)
    const { plan, node } = parts
    const { name: stage } = plan.stages[node.stage] as PlanStageSpec
    const name = stageJobName(plan.pipeline, stage, digestBytes(spec.join(node.key)))
    const [head, middle, end] = text
    return {
      name,
      text: `${head}${name}${middle}${node.key}${end}`,
      ...(backoffLimit === undefined ? {} : { backoffLimit }),
    }
  }

  #formOf(parts: StageJobParts): Form {
    const { plan, node, mapped, ordinal } = parts
    const { timeout, retries, resources } = optionsOf(plan, node)
    const id = JSON.stringify([node.stage, timeout, retries, resources, mapped, ordinal])
    const form = this.#forms.get(id) ?? formOf(stageJob({ ...parts, node: { ...node, key: anyKey } }))
    this.#forms.set(id, form)
    return form
  }
}

function formOf(job: V1Job): Form {
  const spec = canonical(job.spec as unknown as Json).split(anyKey)
  const [beforeKey = '', afterKey = '', ...more] = printManifest(job).split(anyKey)
  const text = [...beforeKey.split(job.metadata?.name as string), afterKey, ...more]
  if (spec.length !== 2 || text.length !== 3) throw new Error(`a Job that holds its key or its name twice:\n${text}`)
  return { spec, text, backoffLimit: job.spec?.backoffLimit }
}
