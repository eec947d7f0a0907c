import { type Call, type CallResult, givenTo, type LogReplay } from '@millrace/engine'
import { optionsOf, type Plan, type PlanStageSpec } from '@millrace/ir'
import { hasLarge, type Pack, type RunFolder } from '@millrace/store'
import type { LocalOptions } from '../local-options.ts'
import type { Made } from './call-attempt.ts'

/** Results up to this many bytes of JSON, without artifacts of this attempt, stand in the run's pack. */
const packLimit = 64 * 1024

/** Where results go. */
interface Target {
  readonly plan: Plan
  readonly options: LocalOptions
  readonly folder: RunFolder
  readonly pack: Pack
  readonly logs: LogReplay
  /** Whether what stands there has proved bad. */
  readonly replace: boolean
}

/** Puts what an attempt made into the store; gives what stands there afterwards. */
export function commitMade(
  { node, key, cacheable, args }: Call,
  { output, text, digest, metrics, attempt, apart, log, finding }: Made,
  { plan, options, folder, pack, logs, replace }: Target,
): Promise<CallResult> | CallResult {
  const run = folder.id
  if (!cacheable || finding?.uncounted) return { output, text, metrics, from: run }
  if (log !== undefined) logs.keep(key, log)
  const { store, fresh, recompute, asset } = options
  const spec = plan.stages[node.stage] as PlanStageSpec
  const schema = spec.output
  const again = replace || recompute?.has(node.id) === true
  // a result that no other run takes may come from what the stage itself writes
  const isChecked = optionsOf(plan, node).cache
  const isSmall = () => text.length <= packLimit && !hasLarge(schema, output)
  if (!apart && attempt === undefined && !again && isSmall()) {
    pack.append({ key, output, digest, metrics, schema })
    if (isChecked) options.committed(node.stage, () => pack.takeBack(key))
    return { output, text, metrics, from: run }
  }
  const commit = {
    key,
    run,
    output,
    schema,
    digest,
    metrics,
    ...(attempt === undefined ? {} : { attempt }),
    ...(fresh === true || again ? { replace: true } : {}),
    user: folder,
    given: givenTo(spec, args, asset),
  }
  const committed = store.results.commit(commit)
  return isChecked
    ? followed(committed, () => options.committed(node.stage, () => store.results.takeBack(commit)))
    : committed
}

async function followed(committed: Promise<CallResult>, next: () => void): Promise<CallResult> {
  const result = await committed
  next()
  return result
}
