import { optionsOf, type Plan, type PlanStage, type PlanStageSpec } from '@millrace/ir'
import type { Facts, PassContext } from '../context.ts'

/** What the target can't do is said here, from its capabilities; no target has messages of its own for it. */
export function checkSupport(plan: Plan, facts: Facts, context: PassContext): Plan {
  const { target } = facts
  const refuse = (node: PlanStage, what: string, fix: string) =>
    context.diagnostics.push({
      code: 'not-supported',
      severity: 'error',
      message: `"${node.id}" is ${what}, which the target "${target.name}" can't run yet`,
      at: context.at(node.id),
      fix,
    })
  for (const node of plan.nodes) {
    if (node.kind !== 'stage') continue
    const spec = plan.stages[node.stage] as PlanStageSpec
    const options = optionsOf(plan, node)
    if (!target.kinds.includes(spec.kind)) refuse(node, `a ${spec.kind} stage`, 'Write the stage in TypeScript.')
    if (options.workers > 1 && !target.workers)
      refuse(node, `a distributed stage of ${options.workers} workers`, 'Leave workers out.')
    const secret = Object.entries(spec.env ?? {}).find(([, value]) => 'secret' in value)
    if (secret && !target.secrets) refuse(node, `a stage with the secret ${secret[0]}`, 'Use inherit() for now.')
    if (!spec.code && spec.kind === 'typescript') notExported(node, spec, options.isolate === 'process', facts, context)
  }
  return plan
}

function notExported(
  node: PlanStage,
  spec: PlanStageSpec,
  isolated: boolean,
  facts: Facts,
  context: PassContext,
): void {
  const severity = isolated || facts.target.exported ? 'error' : 'notice'
  const first = context.diagnostics.some((d) => d.code === 'stage-not-exported' && d.message.includes(`"${spec.name}"`))
  if (first && severity === 'notice') return
  context.diagnostics.push({
    code: 'stage-not-exported',
    severity,
    message: isolated
      ? `stage "${spec.name}" runs in a process of its own, and no module exports it`
      : `no module exports stage "${spec.name}", so ${facts.target.exported ? `the target "${facts.target.name}" can't run it` : 'its results are not cached'}`,
    at: context.at(node.id),
    fix: 'Export it from the module that defines it.',
  })
}
