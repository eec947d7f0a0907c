import {
  type Binding,
  compare,
  fillDefaults,
  type Json,
  type JsonObject,
  type Plan,
  type PlanMap,
  type PlanStage,
  type PlanValue,
  type PlanWhen,
  resolve,
} from '@millrace/ir'
import { type Collect, childrenByScope, type Frame, newCollect, newFrame, newStep, type Step } from './frame.ts'
import { lookUp, readsOf, stepOf } from './resolve-ref.ts'
import { showCondition, stagesUnder } from './scopes.ts'

/** What the flow asks of who does the work, and tells it. */
export interface FlowListener {
  /** All that the call reads is there. */
  ready(step: Step, args: Json): void
  skipped(node: PlanStage, index: readonly number[] | undefined, because: string): void
  notRun(node: PlanStage, index: readonly number[] | undefined, because: string): void
  /** A field of a sub-pipeline's input is checked; a message if its schema refuses the value. */
  check(node: PlanValue, value: Json | undefined): string | undefined
  /** Something is wrong that no stage did. */
  refused(step: Step, message: string): void
  asset(token: string): Json
  /** How many stages there are as far as is known, under each id: a map's count once its list is there. */
  readonly known?: ((stages: number) => void) | undefined
  /** Whether new work may still start. */
  readonly stopped: boolean
}

/**
 * The order of a run: which call may start when, what it reads, and what a failure or a false condition means for the
 * calls after it. Knows nothing of processes, caches or time. Every walk is a queue, never a recursion.
 */
export class Flow {
  readonly #listener: FlowListener
  readonly #children: ReturnType<typeof childrenByScope>
  readonly #input: JsonObject
  readonly #queue: Step[] = []
  readonly #root: Frame
  readonly #result: Step
  #draining = false
  #known = 0

  constructor(plan: Plan, input: JsonObject, listener: FlowListener) {
    this.#input = input
    this.#listener = listener
    this.#children = childrenByScope(plan.nodes)
    this.#root = newFrame('', undefined, undefined, undefined, undefined)
    this.#result = newCollect(plan.result, this.#root, 0)
  }

  start(): void {
    this.#open(this.#root, this.#result)
    this.#drain()
  }

  /** Whether nothing is left to run. */
  get ended(): boolean {
    return this.#root.open === 0
  }

  /** The pipeline's output; `null` where its result failed. */
  get output(): Json {
    return this.#result.state === 'done' ? (this.#result.value ?? {}) : null
  }

  succeed(step: Step, value: Json): void {
    this.#settle(step, 'done', value)
    this.#drain()
  }

  fail(step: Step): void {
    step.because = step.node.id
    this.#settle(step, 'failed', undefined)
    this.#drain()
  }

  /** Makes the steps of a frame; those that wait for nothing go to the queue. */
  #open(frame: Frame, collect: Step): void {
    const steps: Step[] = []
    for (const node of this.#children.get(frame.scope) ?? []) {
      const step = newStep(node, frame)
      frame.steps.set(node.id, step)
      steps.push(step)
      if (node.kind === 'stage') this.#count(node)
    }
    this.#listener.known?.(this.#known)
    steps.push(collect)
    frame.open = steps.length
    for (const step of steps) {
      for (const ref of readsOf(step)) {
        const source = stepOf(frame, ref)
        if (!source || source.state === 'done') continue
        if (source.state === 'failed' || source.state === 'not-run') step.because ??= source.because
        step.waiting++
        source.readers ??= []
        source.readers.push(step)
      }
      const after = step.node.kind === 'stage' ? step.node.after : undefined
      for (const id of after ?? []) {
        const source = stepOf(frame, id)
        if (!source) continue
        if (source.ended && source.state === 'done' && !subtreeFailed(source)) continue
        if (source.ended) step.because ??= source.because ?? failedOwners.get(source) ?? id
        step.waiting++
        source.followers ??= []
        source.followers.push(step)
      }
    }
    for (const step of steps) if (step.waiting === 0 || step.because !== undefined) this.#queue.push(step)
  }

  #count(node: PlanStage): void {
    this.#known += 1 + (node.merged?.length ?? 0)
  }

  #resolve(frame: Frame, binding: Binding): Json | undefined {
    return resolve(
      binding,
      (ref) => lookUp(frame, ref, this.#input),
      (token) => this.#listener.asset(token),
    )
  }

  #drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (let at = 0; at < this.#queue.length; at++) {
      this.#begin(this.#queue[at] as Step)
      // a long run must not keep every step that ever waited
      if (at > 4096) {
        this.#queue.splice(0, at + 1)
        at = -1
      }
    }
    this.#queue.length = 0
    this.#draining = false
  }

  #begin(step: Step): void {
    if (step.state !== 'waiting') return
    if (step.because !== undefined) return this.#notRun(step)
    step.state = 'ready'
    const { node, frame } = step
    switch (node.kind) {
      case 'stage':
        this.#listener.ready(step, this.#resolve(frame, node.args) ?? {})
        return
      case 'value':
        return this.#value(step, node)
      case 'map':
        return this.#map(step, node)
      case 'when':
        return this.#when(step, node)
      case 'collect':
        this.#settle(step, 'done', node.binding ? this.#resolve(frame, node.binding) : undefined)
    }
  }

  #value(step: Step, node: PlanValue): void {
    let value = node.value && this.#resolve(step.frame, node.value)
    if (value === undefined && node.default) value = this.#resolve(step.frame, node.default)
    const problem = this.#listener.check(node, value)
    if (problem === undefined) {
      // only after the check: defaults may hide which of several alternatives the value means
      if (value !== undefined)
        value = fillDefaults(node.schema, value, node.schema, (token) => this.#listener.asset(token))
      return this.#settle(step, 'done', value)
    }
    this.#listener.refused(step, problem)
    // the call of the sub-pipeline: the author knows no other name for it
    step.because = node.id.replace(/:input\..*$/, '')
    this.#settle(step, 'failed', undefined)
  }

  #map(step: Step, node: PlanMap): void {
    const list = this.#resolve(step.frame, node.list)
    if (!Array.isArray(list)) {
      this.#listener.refused(step, `"${node.id}" maps over something that is not a list`)
      step.because = node.id
      return this.#settle(step, 'failed', undefined)
    }
    step.items = new Array(list.length).fill(undefined)
    step.due = list.length
    step.value = list
    if (list.length === 0) return this.#settle(step, 'done', [])
    const atOnce = Math.min(node.concurrency ?? list.length, list.length)
    for (let i = 0; i < atOnce; i++) this.#openItem(step, node)
  }

  #openItem(step: Step, node: PlanMap): void {
    const i = step.next++
    const value = (step.items ? (step.value as Json[])[i] : null) as Json
    const index = [...(step.frame.index ?? []), i]
    const frame = newFrame(node.id, step.frame, step, index, { value, index: i })
    step.frames++
    this.#open(frame, newCollect(node.result, frame, i))
  }

  #when(step: Step, node: PlanWhen): void {
    const { left, operator, right } = node.condition
    const holds = compare(
      this.#resolve(step.frame, left),
      operator,
      right ? this.#resolve(step.frame, right) : undefined,
    )
    const taken = holds ? 'then' : 'else'
    const because = `${showCondition(node)} is ${holds}`
    for (const stage of stagesUnder(this.#children, `${node.id}:${holds ? 'else' : 'then'}`)) {
      this.#count(stage)
      this.#listener.skipped(stage, step.frame.index, because)
    }
    if (!holds && !node.hasElse) return this.#settle(step, 'done', undefined)
    const frame = newFrame(`${node.id}:${taken}`, step.frame, step, step.frame.index, undefined)
    step.frames++
    step.due = 1
    this.#open(frame, newCollect(holds ? node.then : node.else, frame, 0))
  }

  #settle(step: Step, state: 'done' | 'failed' | 'not-run', value: Json | undefined): void {
    step.state = state
    step.value = value
    const { node, frame } = step
    if (state !== 'done' && node.kind !== 'collect') frame.failed ??= step.because ?? node.id
    for (const reader of step.readers ?? []) {
      if (state !== 'done') reader.because ??= step.because
      if (--reader.waiting === 0 || state !== 'done') this.#queue.push(reader)
    }
    step.readers = undefined
    if (node.kind === 'collect') this.#collected(step, node)
    if (step.frames === 0) this.#end(step)
  }

  /** The result of a body is there, or failed: its owner may be settled by it. */
  #collected(step: Step, node: Collect): void {
    const { owner } = step.frame
    if (!owner) return
    if (owner.node.kind === 'when') {
      owner.because = step.because
      return this.#settle(owner, step.state === 'done' ? 'done' : 'failed', step.value)
    }
    const allowed = (owner.node as PlanMap).failures === 'allow'
    if (step.state !== 'done' && !allowed) owner.because ??= step.because
    ;(owner.items as (Json | undefined)[])[node.position] = step.state === 'done' ? step.value : undefined
    if (--owner.due > 0) return
    if (owner.because !== undefined) this.#settle(owner, 'failed', undefined)
    else this.#settle(owner, 'done', nullsForAbsent(owner.items as (Json | undefined)[]))
  }

  /** Step and all it opened are over. */
  #end(step: Step): void {
    const open: Step[] = [step]
    for (let at = open.pop(); at; at = open.pop()) {
      if (at.ended) continue
      at.ended = true
      const bad = at.state !== 'done' || subtreeFailed(at)
      for (const follower of at.followers ?? []) {
        if (bad) follower.because ??= at.because ?? failedOwners.get(at) ?? at.node.id
        if (--follower.waiting === 0 || bad) this.#queue.push(follower)
      }
      at.followers = undefined
      const { frame } = at
      frame.open--
      const { owner } = frame
      if (frame.open > 0 || !owner) continue
      if (frame.failed !== undefined && !(owner.node.kind === 'map' && owner.node.failures === 'allow')) {
        owner.frame.failed ??= frame.failed
        failedOwners.set(owner, frame.failed)
      }
      owner.frames--
      if (owner.node.kind === 'map' && owner.next < (owner.items?.length ?? 0) && !this.#listener.stopped)
        this.#openItem(owner, owner.node)
      else if (owner.frames === 0 && owner.state !== 'ready') open.push(owner)
    }
  }

  #notRun(step: Step): void {
    const { node, frame } = step
    const because = step.because as string
    if (node.kind === 'stage') this.#listener.notRun(node, frame.index, because)
    const branches = node.kind === 'when' ? [`${node.id}:then`, `${node.id}:else`] : []
    for (const body of node.kind === 'map' ? [node.id] : branches)
      for (const stage of stagesUnder(this.#children, body)) {
        this.#count(stage)
        this.#listener.notRun(stage, frame.index, because)
      }
    this.#settle(step, 'not-run', undefined)
  }
}

const nullsForAbsent = (items: readonly (Json | undefined)[]): Json => items.map((item) => item ?? null)

/** Maps and whens in which a stage failed, with its id. */
const failedOwners = new WeakMap<Step, string>()
const subtreeFailed = (step: Step): boolean => failedOwners.has(step)
