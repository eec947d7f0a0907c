import {
  content,
  type JsonObject,
  optionsOf,
  type Plan,
  planDigest,
  type RunOptions,
  type RunOutcome,
  type Runtime,
} from '@millrace/ir'
import { failStuck, onStuck, takeOver } from '@millrace/runner'
import { machineCapacity, shareOf } from './capacity.ts'
import { killChildren } from './child-process.ts'
import { LocalRun } from './local-run.ts'
import type { LocalOptions } from './request.ts'

/** Runs Plans in this process; sequential in-process execution (`jobs: 1`) is the reference semantics. */
export function localRuntime(options: LocalOptions): Runtime {
  return {
    name: 'local',
    async run(plan: Plan, input: JsonObject, { signal, onEvent }: RunOptions = {}): Promise<RunOutcome> {
      const parameters = content(input) as JsonObject
      const info = { pipeline: plan.pipeline, plan: planDigest(plan), parameters }
      const { runs } = options.store
      const folder = (options.fresh ? undefined : runs.resume(info)) ?? runs.create(info)
      const giveBack = shared()
      try {
        return await new LocalRun(plan, input, folder, options, onEvent).run(parameters, signal)
      } finally {
        giveBack()
        folder.release()
      }
    },
  }
}

let users = 0
let undo: (() => void) | undefined

/** Several runs of one process share what must be taken over once. */
function shared(): () => void {
  if (users++ === 0) {
    const release = takeOver()
    const awake = onStuck(failStuck)
    process.on('exit', killChildren)
    undo = () => {
      process.off('exit', killChildren)
      awake()
      release()
    }
  }
  return () => {
    if (--users === 0) undo?.()
  }
}

/** What this machine can't meet of a Plan's requests: by stage call, in words. */
export function shortfalls(
  plan: Plan,
  machine = machineCapacity(),
): { readonly node: string; readonly cut: readonly string[] }[] {
  return plan.nodes.flatMap((node) => {
    if (node.kind !== 'stage') return []
    const { cut } = shareOf(optionsOf(plan, node).resources, machine)
    return cut.length > 0 ? [{ node: node.id, cut }] : []
  })
}
