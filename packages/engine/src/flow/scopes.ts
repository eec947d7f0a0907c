import type { Binding, PlanNode, PlanStage, PlanWhen } from '@millrace/ir'
/** The stages of a body and of the bodies in it. */
export function stagesUnder(children: ReadonlyMap<string, readonly PlanNode[]>, scope: string): PlanStage[] {
  const out: PlanStage[] = []
  const open = [scope]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const node of children.get(at) ?? []) {
      if (node.kind === 'stage') out.push(node)
      if (node.kind === 'map') open.push(node.id)
      if (node.kind === 'when') open.push(`${node.id}:else`, `${node.id}:then`)
    }
  }
  return out
}

/** A condition as an author would write it: `verdict.passed === true`. */
export function showCondition({ condition }: PlanWhen): string {
  const show = (binding: Binding | undefined): string => {
    if (!binding) return 'undefined'
    if ('ref' in binding) return [binding.ref.replace(/^.*:/, ''), ...binding.path].join('.')
    return 'value' in binding ? JSON.stringify(binding.value) : '…'
  }
  return `${show(condition.left)} ${condition.operator} ${show(condition.right)}`
}
