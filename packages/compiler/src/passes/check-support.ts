import { optionsOf, type Plan, type PlanNode, type PlanStage, type PlanStageSpec } from '@millrace/ir'
import type { Facts, PassContext } from '../context.ts'
import { isFunction, kindOf } from '../kinds/kind-of.ts'

/** What the target can't do is said here, from its capabilities; no target has messages of its own for it. */
export function checkSupport(plan: Plan, facts: Facts, context: PassContext): Plan {
  const { target } = facts
  const say = (node: string, message: string, fix: string) =>
    context.diagnostics.push({ code: 'not-supported', severity: 'error', message, at: context.at(node), fix })
  const refuse = ({ id }: PlanNode, what: string, fix: string) =>
    say(id, `"${id}" is ${what}, which the target "${target.name}" can't run yet`, fix)
  for (const [what, fix] of unused(facts))
    say('', `environment "${facts.environment?.name}" ${what}, which the target "${target.name}" can't use yet`, fix)
  const inMaps = new Set<string>()
  for (const node of plan.nodes) {
    const inMap = inMaps.has(node.scope)
    if (node.kind === 'map') {
      inMaps.add(node.id)
      if (target.maps === 'none') refuse(node, 'a map', 'Call the stage once for each item.')
      else if (inMap && target.maps === 'flat') refuse(node, 'a map in a map', 'Map once, over a list of all items.')
      if (node.failures && !target.forgivingMaps) refuse(node, 'a map that allows failures', 'Leave failures out.')
    } else if (node.kind === 'when') {
      if (inMap) inMaps.add(`${node.id}:then`).add(`${node.id}:else`)
      if (!target.conditions) refuse(node, 'a condition', 'Leave the choice to a stage that is given the value.')
    } else if (node.kind === 'stage') checkStage(node, plan, facts, context, refuse)
  }
  return plan
}

function* unused({ target, environment }: Facts): Iterable<readonly [what: string, fix: string]> {
  if (environment?.bucket && !target.buckets) yield ['keeps its store in a bucket', 'Use volume() for its store.']
  if (environment?.queue !== undefined && !target.queue)
    yield [`has the queue "${environment.queue}"`, 'Leave queue out.']
}

function checkStage(
  node: PlanStage,
  plan: Plan,
  facts: Facts,
  context: PassContext,
  refuse: (node: PlanNode, what: string, fix: string) => void,
): void {
  const { target } = facts
  const spec = plan.stages[node.stage] as PlanStageSpec
  const options = optionsOf(plan, node)
  const kind = kindOf(spec, facts.kinds)
  if (!kind || !target.kinds.includes(spec.kind)) refuse(node, `a ${spec.kind} stage`, 'Write the stage in TypeScript.')
  if (options.workers > 1 && !target.workers)
    refuse(node, `a distributed stage of ${options.workers} workers`, 'Leave workers out.')
  if (node.after && !target.after) refuse(node, 'a call with after', 'Give it a value of the call that it waits for.')
  const secret = Object.entries(spec.env ?? {}).find(([, value]) => 'secret' in value)
  if (secret && !target.secrets) refuse(node, `a stage with the secret ${secret[0]}`, 'Use inherit() for now.')
  if (!spec.code && kind && isFunction(kind)) notExported(node, spec, options.isolate === 'process', facts, context)
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
