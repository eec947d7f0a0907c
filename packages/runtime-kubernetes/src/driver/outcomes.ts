import type { Call } from '@millrace/engine'
import type { Diagnostic, Digest, Json, Metric, Plan } from '@millrace/ir'
import type { Cause } from './failures.ts'
import type { ItemCall } from './item-call.ts'
import type { JobRun } from './job-run.ts'
import type { Attempt } from './pod-attempt.ts'

/** What an attempt made. */
export interface Made {
  /** Artifacts have absolute paths here. */
  readonly output: Json
  /** The output digest. */
  readonly digest: Digest
  readonly metrics: readonly Metric[]
}

/** What became of items, as those who watch Jobs and pods tell it to the one who knows the flow. */
export interface Outcomes {
  succeeded(item: ItemCall, attempt: Attempt, made: Made): void
  retried(item: ItemCall, attempt: Attempt, cause: Cause, next: string): void
  /** @param log the end of its log, where the attempt told it; default what was read of it */
  failed(run: JobRun, item: ItemCall, attempt: Attempt | undefined, cause: Cause, log?: string): void
  waiting(call: Call, attempt: number, reason: string): void
  /** Looks again for results of calls, and ends those calls; gives the ones that still have none. */
  find(calls: readonly Call[]): Promise<readonly Call[]>
  /** Its Job is released, or was: its pods are followed from now on. */
  follows(run: JobRun): void
  /** Nothing more is to be done about its Job. */
  closed(run: JobRun): void
  /** The store or the cluster failed, or we did: the run can't go on in this process. */
  broken(error: unknown): void
}

export function diagnosticOf({ pipeline }: Plan, call: Call, cause: Cause): Diagnostic {
  const { code, message, fix, stack, causes } = cause
  const { path } = cause.at ?? {}
  return {
    code,
    severity: 'error',
    message,
    at: { pipeline, node: call.node.id, ...(path === undefined ? {} : { path }) },
    fix,
    ...(stack === undefined ? {} : { stack, causes: causes ?? [] }),
  }
}
