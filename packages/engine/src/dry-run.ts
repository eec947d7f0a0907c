import {
  checkJson,
  type Digest,
  type Json,
  type JsonObject,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
} from '@millrace/ir'
import type { Store } from '@millrace/store'
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

/**
 * Walks a Plan as a run would, with the store's results and without running anything; calls by node id.
 *
 * @param run the run that it would go on with
 */
export async function dryRun(
  plan: Plan,
  input: JsonObject,
  store: Store,
  asset: (token: string) => Json,
  run = '',
): Promise<ReadonlyMap<string, readonly DryCall[]>> {
  const calls = new Map<string, DryCall[]>()
  const note = (node: string, call: DryCall) => {
    const list = calls.get(node)
    if (list) list.push(call)
    else calls.set(node, [call])
  }
  const keys = new CacheKeys(plan, run)
  const missed = new Map<Digest, string>()
  let ready: { readonly step: Step; readonly args: Json }[] = []
  const worker: FlowListener = {
    ready: (step, args) => void ready.push({ step, args }),
    skipped: (node, _index, because) => note(node.id, { state: 'skipped', because }),
    notRun: (node, _index, because) => note(node.id, { state: 'unknown', because }),
    check: (node, value) => (value === undefined && !node.required ? undefined : checkJson(node.schema, value)),
    refused() {},
    asset,
    stopped: false,
  }
  const flow = new Flow(strict(plan), input, worker)
  flow.start()
  // all that may be looked for at once, then what may be after that
  while (ready.length > 0) {
    const asked = ready.map(({ step, args }) => {
      const node = step.node as PlanStage
      const spec = plan.stages[node.stage] as PlanStageSpec
      const { key, cacheable } = keys.of(node, step.frame.index, args)
      return { step, node, key, cacheable, output: spec.output, given: givenTo(spec, args, asset) }
    })
    ready = []
    const found = store.results.find(
      asked.filter(({ cacheable }) => cacheable),
      { unread: true },
    )
    let at = 0
    for (const { step, node, key, cacheable } of asked) {
      const hit = cacheable ? await found[at++] : undefined
      if (hit) {
        note(node.id, { state: 'hit', because: hit.from, index: step.frame.index, output: hit.output })
        flow.succeed(step, hit.output)
        continue
      }
      // equal calls are done once
      const first = cacheable ? missed.get(key) : undefined
      note(node.id, { state: first ? 'unknown' : 'miss', because: first ?? '', index: step.frame.index })
      if (cacheable && !first) missed.set(key, node.id)
      flow.fail(step)
    }
  }
  return calls
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
