import {
  canonical,
  content,
  type JsonObject,
  optionsOf,
  type Plan,
  planDigest,
  type Resources,
  type RunOptions,
  type RunOutcome,
  type Runtime,
} from '@millrace/ir'
import { failStuck, installSandbox, leftChildren, onStuck, protectListener } from '@millrace/runner'
import { attemptsIn } from '@millrace/store'
import { anyChildren, killChildren } from './execution/attempt-process.ts'
import type { LocalOptions } from './local-options.ts'
import { LocalRun } from './local-run.ts'
import { machineCapacity, otherGpu, shareOf } from './machine/capacity.ts'
import { hideGpus } from './machine/hidden-gpus.ts'
import { rememberOrigin } from './origin.ts'
import { stopGuard } from './processes/guard.ts'
import { endDescendants } from './processes/survivors.ts'
import { workerPool } from './workers/worker-pool.ts'

/** Runs Plans in this process; sequential in-process execution (`jobs: 1`) is the reference semantics. */
export function localRuntime(options: LocalOptions): Runtime {
  return {
    name: 'local',
    async run(plan: Plan, input: JsonObject, { signal, onEvent }: RunOptions = {}): Promise<RunOutcome> {
      const parameters = content(input) as JsonObject
      const info = { pipeline: plan.pipeline, plan: planDigest(plan), parameters }
      const { runs } = options.store
      const folder = (options.fresh ? undefined : runs.resume(info)) ?? runs.create(info, options.graph?.())
      const giveBack = shared()
      const show = options.hideGpus && options.workers ? hideGpus() : undefined
      try {
        // files of other runs may be given as parameters
        folder.use(undefined, attemptsIn(canonical(input)))
        return await new LocalRun(plan, input, folder, options, onEvent).run(parameters, signal)
      } finally {
        show?.()
        await giveBack()
        folder.release()
      }
    },
  }
}

let users = 0
let undo: (() => Promise<void>) | undefined

/** Several runs of one process share what must be taken over once. */
function shared(): () => Promise<void> {
  if (users++ === 0) {
    const release = installSandbox()
    const awake = onStuck(() => {
      failStuck()
      workerPool.failStuck()
    })
    const alert = protectListener('exit', killChildren)
    rememberOrigin()
    undo = async () => {
      alert()
      // a run that broke does not wait for its children
      killChildren()
      awake()
      const left = leftChildren()
      if (left.length > 0) endDescendants(left)
      release()
      // from here on another run may have begun
      await workerPool.leave()
      if (users === 0 && !anyChildren() && workerPool.size === 0) stopGuard()
    }
  }
  return async () => {
    if (--users === 0) await undo?.()
  }
}

/** What this machine can't meet of one request, in words. */
export const shortfallOf = (resources: Resources, machine = machineCapacity()): readonly string[] =>
  shareOf(resources, machine).cut

/** What this machine can't meet of a Plan's requests: by stage call, in words. */
export function shortfalls(
  plan: Plan,
  machine = machineCapacity(),
): { readonly node: string; readonly cut: readonly string[]; readonly other?: OtherGpu }[] {
  return plan.nodes.flatMap((node) => {
    if (node.kind !== 'stage') return []
    const { resources } = optionsOf(plan, node)
    const cut = shortfallOf(resources, machine)
    const other = otherGpu(resources, machine)
    return cut.length > 0 || other ? [{ node: node.id, cut, ...(other ? { other } : {}) }] : []
  })
}

export type OtherGpu = NonNullable<ReturnType<typeof otherGpu>>
