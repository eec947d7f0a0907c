import {
  type ClusterJob,
  type ClusterPlan,
  type Digest,
  digestJson,
  hexOf,
  optionsOf,
  type PlanStage,
} from '@millrace/ir'
import { trace } from '@millrace/sdk'
import { planGraph, targets } from '../../packages/compiler/src/index.ts'
import { mapsAround } from '../../packages/compiler/src/targets/kubernetes/parallel.ts'
import type { StageOf } from './pod-life.ts'
import type { SimProgram } from './programs.ts'

export interface Planned {
  readonly given: ClusterPlan
  readonly digest: Digest
  readonly stageOf: StageOf
  readonly retriesOf: (job: string) => number
}

const known = new Map<string, Planned>()

/** What a driver is given of a program, as `compile` would make it. */
export function planOf(program: SimProgram): Planned {
  const before = known.get(program.name)
  if (before) return before
  const { graph, stages, places, problems } = trace(program.pipeline)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const code = new Map(
    Object.keys(graph.stages).map((key) => [
      key,
      { code: digestJson({ code: key }), module: 'stages.ts', export: key },
    ]),
  )
  const { plan, diagnostics } = planGraph(
    { graph, assets: new Map(), diagnostics: [] },
    { graph, places },
    { code, assets: new Map(), input: program.input, variables: {}, target: targets.kubernetes.capabilities },
  )
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(diagnostics))
  const around = mapsAround(plan)
  const jobs: Record<string, ClusterJob> = {}
  const retries = new Map<string, number>()
  const nodes = plan.nodes.filter((node): node is PlanStage => node.kind === 'stage')
  for (const node of nodes) {
    const name = `sim-${node.id.replace(/[^a-z0-9]+/g, '-')}-${hexOf(digestJson({ id: node.id })).slice(0, 12)}`
    const { mapped, parallel } = around(node)
    const own = optionsOf(plan, node).retries
    retries.set(name, own)
    jobs[node.id] = {
      name,
      mapped,
      ...(parallel === undefined ? {} : { parallel }),
      ...(mapped ? {} : { backoffLimit: own + 2 }),
    }
  }
  const given: ClusterPlan = { version: 1, plan, graph, input: program.input, assets: {}, environment: 'sim', jobs }
  const planned: Planned = {
    given,
    digest: digestJson({ plan: graph as never }),
    stageOf(id) {
      const node = nodes.find((node) => node.id === id) as PlanStage
      return { self: stages.get(node.stage)?.self, code: plan.stages[node.stage]?.code ?? '' }
    },
    retriesOf: (job) => retries.get(job) ?? 0,
  }
  known.set(program.name, planned)
  return planned
}
