import type { Binding, Json, PlanMap, PlanNode, PlanStage, PlanValue, PlanWhen } from '@millrace/ir'
/** One body that runs: the pipeline's, a branch's, or one item's of a map. */
export interface Frame {
  readonly scope: string
  readonly parent: Frame | undefined
  /** The map or when that opened it. */
  readonly owner: Step | undefined
  /** One number per enclosing map. */
  readonly index: readonly number[] | undefined
  readonly steps: Map<string, Step>
  /** The item and index of a map. */
  readonly item: { readonly value: Json; readonly index: number } | undefined
  /** Steps that have not ended, with what they opened. */
  open: number
  /** Id of the first stage that failed in it. */
  failed: string | undefined
}

type StepState = 'waiting' | 'ready' | 'done' | 'failed' | 'not-run'

/** A node of the Plan in one frame. `collect` gathers a body's result. */
export interface Step {
  readonly node: PlanStage | PlanMap | PlanWhen | PlanValue | Collect
  readonly frame: Frame
  state: StepState
  /** Values it still waits for. */
  waiting: number
  /** `undefined`: absent. */
  value: Json | undefined
  /** Id of the stage whose failure it suffers from. */
  because: string | undefined
  readers: Step[] | undefined
  /** Those that wait for all it opened to end (`after`). */
  followers: Step[] | undefined
  /** Of a map or when: frames that still run, and results that are due. */
  frames: number
  due: number
  items: (Json | undefined)[] | undefined
  next: number
  ended: boolean
}

export interface Collect {
  readonly kind: 'collect'
  readonly id: string
  readonly scope: string
  readonly binding: Binding | undefined
  readonly position: number
}

export const newStep = (node: Step['node'], frame: Frame): Step => ({
  node,
  frame,
  state: 'waiting',
  waiting: 0,
  value: undefined,
  because: undefined,
  readers: undefined,
  followers: undefined,
  frames: 0,
  due: 0,
  items: undefined,
  next: 0,
  ended: false,
})

export const newFrame = (
  scope: string,
  parent: Frame | undefined,
  owner: Step | undefined,
  index: Frame['index'],
  item: Frame['item'],
): Frame => ({ scope, parent, owner, index, item, steps: new Map(), open: 0, failed: undefined })

/** The step that waits for what a body returns. */
export const newCollect = (binding: Binding | undefined, frame: Frame, position: number): Step =>
  newStep({ kind: 'collect', id: ':result', scope: frame.scope, binding, position }, frame)

export const childrenByScope = (nodes: readonly PlanNode[]): Map<string, PlanNode[]> => {
  const out = new Map<string, PlanNode[]>()
  for (const node of nodes) {
    const list = out.get(node.scope)
    if (list) list.push(node)
    else out.set(node.scope, [node])
  }
  return out
}

/** Whether a failure of the step is forgiven by a map around it. */
export function allowed(step: Step): boolean {
  for (let frame: Step['frame'] | undefined = step.frame; frame; frame = frame.parent)
    if (frame.owner?.node.kind === 'map' && frame.owner.node.failures === 'allow') return true
  return false
}
