import {
  type AttemptId,
  checkOutput,
  type DoneMarker,
  describeError,
  optionsOf,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
  type UnreadDone,
  type WorkItem,
} from '@millrace/ir'
import { outputDigest } from '@millrace/store'
import type { Cause } from './failures.ts'
import type { JobRun } from './job-run.ts'
import { markedOutput } from './marked-output.ts'
import type { Made } from './outcomes.ts'

interface StoreLocation {
  readonly plan: Plan
  /** Of the store. */
  readonly root: string
}

/**
 * What the marker of a success commits, or why it does not.
 *
 * @param files where the attempt's own artifacts lie
 */
export function madeBy(
  run: JobRun,
  item: WorkItem,
  files: string,
  marker: DoneMarker,
  places: StoreLocation,
): Made | Cause {
  try {
    return judged(run, item, files, marker, places)
  } catch (error) {
    // what a stage made up is no reason for a driver to end
    return refusedOutput(run.node, `it can't be looked at: ${describeError(error)}`)
  }
}

function judged(
  { node }: JobRun,
  item: WorkItem,
  files: string,
  marker: DoneMarker,
  { plan, root }: StoreLocation,
): Made | Cause {
  const spec = plan.stages[node.stage] as PlanStageSpec
  const problem = checkOutput(spec.output, marker.output)
  if (problem !== undefined) return refusedOutput(node, problem)
  const here = markedOutput(node, spec, item, marker, { root, files })
  if ('cause' in here) return here.cause
  const { outputDigest: digest, metrics } = marker
  if (outputDigest(spec.output, here.output) !== digest) return refusedOutput(node, 'it is not what was digested')
  return { output: here.output, digest, metrics }
}

/** Whether a marker is of what a Job was released with: its item may have been written anew before its pod read it. */
export function isOfRelease({ release }: JobRun, { inputDigest, key }: UnreadDone, { index }: AttemptId): boolean {
  const released = release?.items[index]
  return released?.inputDigest === inputDigest && released.key === key
}

/** How many markers the pods of a Job can leave, and some more. */
export const mostMarkers = (plan: Plan, { node, items }: JobRun): number =>
  1000 + items.length * (optionsOf(plan, node).retries + 10)

const refusedOutput = (node: PlanStage, problem: string): Cause => ({
  code: 'invalid-output',
  message: `"${node.id}" returned what its output schema refuses: ${problem}`,
  fix: 'Return what the output schema says, or correct the schema.',
})
