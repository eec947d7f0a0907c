import { content, type JsonObject, planDigest, showNode } from '@millrace/ir'
import type { RunSummary } from '@millrace/store'
import type { Prepared } from '../program/prepare.ts'

/** A run that failed or was interrupted, and that the next one goes on with. */
export interface GoesOn extends Pick<RunSummary, 'id' | 'status'> {
  /** Calls that it has committed. */
  readonly committed: number
}

/** The run that `run` would go on with; it is not claimed. */
export function runToGoOnWith({ plan, input, store }: Prepared): GoesOn | undefined {
  const parameters = content(input) as JsonObject
  const found = store.runs.resumable({ pipeline: plan.pipeline, plan: planDigest(plan), parameters })
  if (!found) return undefined
  const committed = new Set<string>()
  for (const event of store.runs.events(found.id))
    if (event.event === 'stage.succeeded') committed.add(showNode(event.node, event.index))
  return { id: found.id, status: found.status, committed: committed.size }
}

export const showCommitted = ({ committed }: GoesOn): string => `${committed} committed`
