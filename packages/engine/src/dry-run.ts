import {
  checkJson,
  type Digest,
  type Json,
  type JsonObject,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
} from '@millrace/ir'
import type { Result, Store } from '@millrace/store'
import { CacheKeys } from './cache-keys.ts'
import { Flow, type FlowListener } from './flow/flow.ts'
import type { Step } from './flow/frame.ts'
import { givenTo } from './given.ts'

/** What would become of one call (one item of a map counts as one). */
export interface DryCall {
  /** `unknown`: it reads what a miss before it will make, or is equal to one. */
  readonly state: 'hit' | 'miss' | 'unknown' | 'skipped'
  /** The run of a hit, the call that an unknown one waits for, the condition of a skip. */
  readonly because: string
  readonly index?: readonly number[] | undefined
  /** Of a hit. */
  readonly output?: Json
}

/** A Plan, what it is given, and where its results are looked for. */
export interface DryRun {
  readonly plan: Plan
  readonly input: JsonObject
  readonly store: Store
  readonly asset: (token: string) => Json
  /** The run that it would go on with. */
  readonly run?: string | undefined
}

/** Walks a Plan as a run would, with the store's results and without running anything; calls by node id. */
export async function dryRun(question: DryRun): Promise<ReadonlyMap<string, readonly DryCall[]>> {
  const calls = new Map<string, DryCall[]>()
  const note = (node: string, call: DryCall) => {
    const list = calls.get(node)
    if (list) list.push(call)
    else calls.set(node, [call])
  }
  const missed = new Map<Digest, string>()
  await walkResults(
    { ...question, plan: strict(question.plan) },
    {
      skipped: (node, because) => note(node.id, { state: 'skipped', because }),
      notRun: (node, because) => note(node.id, { state: 'unknown', because }),
      call({ node, index, key, cacheable }, hit) {
        if (hit) return note(node.id, { state: 'hit', because: hit.from, index, output: hit.output })
        // equal calls are done once
        const first = cacheable ? missed.get(key) : undefined
        note(node.id, { state: first ? 'unknown' : 'miss', because: first ?? '', index })
        if (cacheable && !first) missed.set(key, node.id)
      },
    },
  )
  return calls
}

/** A call of a run, by the id of its node and one number per enclosing map. */
export interface CallAddress {
  readonly node: string
  readonly index: readonly number[]
}

/**
 * A call of a run that has been: what it was given follows from the results of the calls before it. Undefined where the
 * Plan has no such call, or where one of those results has gone.
 */
export async function findCall(question: DryRun, address: CallAddress): Promise<FoundCall | undefined> {
  let found: FoundCall | undefined
  const isIt = ({ node, index = [] }: FoundCall): boolean =>
    (node.id === address.node || node.merged?.includes(address.node) === true) && index.join() === address.index.join()
  await walkResults(question, {
    call(call) {
      if (isIt(call)) found = call
    },
    ended: () => found !== undefined,
  })
  return found
}

export interface FoundCall {
  readonly node: PlanStage
  readonly index: readonly number[] | undefined
  readonly args: Json
  readonly key: Digest
  readonly cacheable: boolean
}

interface ResultVisitor {
  skipped?(node: PlanStage, because: string): void
  notRun?(node: PlanStage, because: string): void
  /** All that it reads is there; without a result it counts as failed. */
  call(call: FoundCall, hit: Result | undefined): void
  /** Whether it has seen enough. Default: never. */
  ended?(): boolean
}

async function walkResults({ plan, input, store, asset, run = '' }: DryRun, visitor: ResultVisitor): Promise<void> {
  const keys = new CacheKeys(plan, run)
  let ready: { readonly step: Step; readonly args: Json }[] = []
  const worker: FlowListener = {
    ready: (step, args) => void ready.push({ step, args }),
    skipped: (node, _index, because) => visitor.skipped?.(node, because),
    notRun: (node, _index, because) => visitor.notRun?.(node, because),
    check: (node, value) => (value === undefined && !node.required ? undefined : checkJson(node.schema, value)),
    refused() {},
    asset,
    stopped: false,
  }
  const flow = new Flow(plan, input, worker)
  flow.start()
  // all that may be looked for at once, then what may be after that
  while (ready.length > 0) {
    const asked = ready.map(({ step, args }) => {
      const node = step.node as PlanStage
      const { index } = step.frame
      const spec = plan.stages[node.stage] as PlanStageSpec
      const call = { node, index, args, ...keys.of(node, index, args) }
      return { step, call, key: call.key, output: spec.output, given: givenTo(spec, args, asset) }
    })
    ready = []
    const found = store.results.find(
      asked.filter(({ call }) => call.cacheable),
      { unread: true },
    )
    let at = 0
    for (const { step, call } of asked) {
      const hit = call.cacheable ? await found[at++] : undefined
      visitor.call(call, hit)
      if (visitor.ended?.()) return
      if (hit) flow.succeed(step, hit.output)
      else flow.fail(step)
    }
  }
}

/** A miss is told to the flow as a failure: `allow` is removed, so that no map goes on with `null` for it. */
const strict = (plan: Plan): Plan => ({
  ...plan,
  nodes: plan.nodes.map((node) => {
    if (node.kind !== 'map') return node
    const { failures: _, ...map } = node
    return map
  }),
})
