import type { Diagnostic, Graph, Plan } from '@millrace/ir'
import { type Facts, newContext, type Pass, type Source } from './context.ts'
import { checkPorts } from './passes/check-ports.ts'
import { checkSupport } from './passes/check-support.ts'
import { identifyStages } from './passes/identify-stages.ts'
import { inlinePipelines } from './passes/inline-pipelines.ts'
import { mergeEqualCalls } from './passes/merge-equal-calls.ts'
import { nodeKeys } from './passes/node-keys.ts'
import { relativeAssets } from './passes/relative-assets.ts'
import { verifyGraph, verifyPlan } from './verify.ts'

/**
 * All that is done from what an author's program traces to, to a Plan, in this order. The passes on the Graph need
 * nothing but the program; those on the Plan also the facts: its code, its input, and the target.
 */
const passes: readonly Pass[] = [
  { name: 'relative-assets', on: 'graph', run: relativeAssets },
  { name: 'check-ports', on: 'graph', run: checkPorts },
  { name: 'inline-pipelines', on: 'lowering', run: inlinePipelines },
  { name: 'identify-stages', on: 'plan', run: identifyStages },
  { name: 'node-keys', on: 'plan', run: nodeKeys, makes: 'keys' },
  { name: 'merge-equal-calls', on: 'plan', run: mergeEqualCalls },
  { name: 'check-support', on: 'plan', run: checkSupport },
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
  let { graph } = source
  for (const pass of passes) {
    if (pass.on !== 'graph') continue
    graph = pass.run(graph, context)
    if (verifying) verifyGraph(graph)
  }
  return { graph, assets: context.assets, diagnostics: context.diagnostics }
}

/** Lowers a checked Graph to a Plan. With an error among the diagnostics the Plan is not fit to run. */
export function planGraph(
  checked: CheckedGraph,
  source: Source,
  facts: Facts,
): { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] } {
  const context = newContext(source)
  let plan: Plan | undefined
  let keyed = false
  for (const pass of passes) {
    if (pass.on === 'lowering') plan = pass.run(checked.graph)
    else if (pass.on === 'plan' && plan) plan = pass.run(plan, facts, context)
    else continue
    keyed ||= pass.on === 'plan' && pass.makes === 'keys'
    if (verifying) verifyPlan(plan, { keyed })
  }
  if (!plan) throw new Error('no pass lowers the Graph')
  return { plan, diagnostics: context.diagnostics }
}

/** Tests (and anyone who doubts us) check the invariants after every pass. */
const verifying = process.env.MILLRACE_VERIFY === '1' || process.env.VITEST !== undefined
