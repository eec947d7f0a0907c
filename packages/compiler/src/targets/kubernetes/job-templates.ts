import { randomBytes } from 'node:crypto'
import type { V1Job } from '@kubernetes/client-node'
import {
  annotationNames,
  canonical,
  type Digest,
  digestBytes,
  type Json,
  optionsOf,
  type PlanStageSpec,
} from '@millrace/ir'
import { printManifest } from '../print.ts'
import { stageJobName } from './names.ts'
import { type StageJobParts, stageJob } from './stage-job.ts'

/** A Job of the plan: the object, and how it is printed. */
export interface FilledJob {
  readonly name: string
  readonly content: V1Job
  print(): string
  readonly backoffLimit?: number
}

/** A Job without its key and its name: what stands before each of them, and after. */
interface Template {
  readonly job: V1Job
  readonly spec: readonly string[]
  readonly text: readonly string[]
}

/** Stands for a node's key, and for nothing else that a Job may hold. */
const anyKey: Digest = `sha256:${randomBytes(32).toString('hex')}`

/**
 * Makes the Jobs of one plan, of which there may be ten thousand that differ in their node's key only: each template is
 * built, printed and compared once.
 */
export class JobTemplates {
  readonly #templates = new Map<string, Template>()

  fill(parts: StageJobParts): FilledJob {
    const { job, spec, text } = this.#templateOf(parts)
    const { plan, node } = parts
    const { name: stage } = plan.stages[node.stage] as PlanStageSpec
    const name = stageJobName(plan.pipeline, stage, digestBytes(spec.join(node.key)))
    const [head, middle, end] = text
    const backoffLimit = job.spec?.backoffLimit
    return {
      name,
      content: withKey(job, name, node.key),
      print: () => `${head}${name}${middle}${node.key}${end}`,
      ...(backoffLimit === undefined ? {} : { backoffLimit }),
    }
  }

  #templateOf(parts: StageJobParts): Template {
    const { plan, node, mapped, ordinal } = parts
    const { timeout, retries, resources } = optionsOf(plan, node)
    const id = JSON.stringify([node.stage, timeout, retries, resources, mapped, ordinal])
    const template = this.#templates.get(id) ?? templateOf(stageJob({ ...parts, node: { ...node, key: anyKey } }))
    this.#templates.set(id, template)
    return template
  }
}

function templateOf(job: V1Job): Template {
  const spec = canonical(job.spec as unknown as Json).split(anyKey)
  const [beforeKey = '', afterKey = '', ...more] = printManifest(job).split(anyKey)
  const text = [...beforeKey.split(job.metadata?.name as string), afterKey, ...more]
  if (spec.length !== 2 || text.length !== 3) throw new Error(`a Job that holds its key or its name twice:\n${text}`)
  return { job, spec, text }
}

function withKey(job: V1Job, name: string, key: Digest): V1Job {
  const spec = job.spec as NonNullable<V1Job['spec']>
  const { metadata } = spec.template
  const annotations = { ...metadata?.annotations, [annotationNames.nodeKey]: key }
  return {
    ...job,
    metadata: { ...job.metadata, name },
    spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } },
  }
}
