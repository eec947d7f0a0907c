import type { Diagnostic, Graph, Plan } from '@millrace/ir'
import { type Facts, type GraphPass, newContext, type PlanPass, type Source } from './context.ts'
import { checkPorts } from './passes/check-ports.ts'
import { checkSupport } from './passes/check-support.ts'
import { identifyStages } from './passes/identify-stages.ts'
import { inlinePipelines } from './passes/inline-pipelines.ts'
import { mergeEqualCalls } from './passes/merge-equal-calls.ts'
import { nodeKeys } from './passes/node-keys.ts'
import { type AssetPaths, relativeAssets } from './passes/relative-assets.ts'
import { verifyGraph, verifyPlan } from './verify.ts'

/** On the Graph, in this order. They need nothing but the program. */
export const graphPasses: readonly GraphPass[] = [{ name: 'check-ports', run: checkPorts }]

/** On the Plan that `inline-pipelines` makes of the Graph, in this order. */
export const planPasses: readonly PlanPass[] = [
  { name: 'identify-stages', run: identifyStages },
  { name: 'node-keys', run: nodeKeys },
  { name: 'merge-equal-calls', run: mergeEqualCalls },
  { name: 'check-support', run: checkSupport },
]

/** A checked Graph, and where its assets lie. */
export interface CheckedGraph {
  readonly graph: Graph
  readonly assets: ReadonlyMap<string, string>
  readonly diagnostics: readonly Diagnostic[]
}

/** Makes the Graph independent of this machine and checks it. */
export function checkGraph(source: Source): CheckedGraph {
  const context = newContext(source)
  const assets: AssetPaths = new Map()
  let graph = relativeAssets(source.graph, assets, context)
  for (const pass of graphPasses) {
    graph = pass.run(graph, context)
    if (verifying) verifyGraph(graph)
  }
  return { graph, assets, diagnostics: context.diagnostics }
}

/** Lowers a checked Graph to a Plan. With an error among the diagnostics the Plan is not fit to run. */
export function planGraph(
  checked: CheckedGraph,
  source: Source,
  facts: Facts,
): { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] } {
  const context = newContext(source)
  let plan = inlinePipelines(checked.graph)
  if (verifying) verifyPlan(plan, { keyed: false })
  let keyed = false
  for (const pass of planPasses) {
    plan = pass.run(plan, facts, context)
    keyed ||= pass.name === 'node-keys'
    if (verifying) verifyPlan(plan, { keyed })
  }
  return { plan, diagnostics: context.diagnostics }
}

/** Tests (and anyone who doubts us) check the invariants after every pass. */
const verifying = process.env.MILLRACE_VERIFY === '1' || process.env.VITEST !== undefined
