import { setTimeout as sleep } from 'node:timers/promises'
import { BatchV1Api, CoreV1Api, type KubeConfig, type V1Pod } from '@kubernetes/client-node'
import type { Event } from '@millrace/ir'
import { clientOf, insist } from '../api/connection.ts'
import { jobView, podView } from '../api/kube-views.ts'
import { readDriverLog } from './driver-log.ts'

export interface FollowOptions {
  readonly namespace: string
  /** Name of the driver's Job. */
  readonly driver: string
  readonly signal: AbortSignal
  event(event: Event): void
  /** Why the driver does not start. */
  waiting(reason: string): void
  /** Milliseconds of a log's silence after which it is asked whether more can come. Default 30,000. */
  readonly silence?: number
}

type RunFinished = Extract<Event, { event: 'run.finished' }>

/** A driver's Job that ended without a last event that can be read. */
export interface Untold {
  readonly ended: 'complete' | 'failed'
  /** What the Job says of its failure. */
  readonly why: string | undefined
}

const lookEvery = 1000
/** Looks at a Job that has ended, with nothing new to read, before no more is waited for: a read may break off. */
const lastLooks = 3

/**
 * Follows a driver by its log to `run.finished`, over restarts of it. Gives undefined when `signal` ended it.
 *
 * @throws ClusterError
 */
export async function follow(config: KubeConfig, options: FollowOptions): Promise<RunFinished | Untold | undefined> {
  const { namespace, driver, signal, silence = 30_000 } = options
  const core = clientOf(config, CoreV1Api)
  const batch = clientOf(config, BatchV1Api)
  const jobNow = async () => jobView(await insist(() => batch.readNamespacedJob({ name: driver, namespace })))
  const labelSelector = `batch.kubernetes.io/job-name=${driver}`
  let reason = ''
  let looks = 0
  let last: RunFinished | undefined
  /** Lines of a pod that were read, where its log has to be read again. */
  const read = new Map<string, number>()
  const linesRead = () => [...read.values()].reduce((all, lines) => all + lines, 0)
  while (!signal.aborted) {
    // before its pods: the last of a Job that has ended is among them, with its whole log
    const job = await jobNow()
    const { items } = await insist(() => core.listNamespacedPod({ namespace, labelSelector }))
    const pod = items.sort(byAge).at(-1)
    const before = linesRead()
    if (pod && started(pod)) {
      const { name = '', uid = '' } = pod.metadata ?? {}
      await readDriverLog(config, {
        namespace,
        pod: name,
        signal,
        before: read.get(uid) ?? 0,
        line(event) {
          read.set(uid, (read.get(uid) ?? 0) + 1)
          if (event) options.event(event)
          if (event?.event === 'run.finished') last = event
        },
        goesOn: async () => (await jobNow()).end === undefined,
        silence,
      })
      if (last) return last
    } else if (pod) {
      const waits = podView(pod).waits ?? driverWaits(pod)
      if (waits !== undefined && waits !== reason) options.waiting(waits)
      reason = waits ?? reason
    }
    looks = job.end === undefined || linesRead() > before ? 0 : looks + 1
    if (job.end !== undefined && looks === lastLooks) return { ended: job.end, why: job.why }
    await sleep(lookEvery, undefined, { signal }).catch(() => {})
  }
  return undefined
}

const byAge = (a: V1Pod, b: V1Pod): number =>
  Number(a.metadata?.creationTimestamp ?? 0) - Number(b.metadata?.creationTimestamp ?? 0)

function started({ status }: V1Pod): boolean {
  const state = status?.containerStatuses?.find(({ name }) => name === 'driver')?.state
  return state?.running !== undefined || state?.terminated !== undefined
}

function driverWaits({ status }: V1Pod): string | undefined {
  const waiting = status?.containerStatuses?.find(({ name }) => name === 'driver')?.state?.waiting
  return waiting && waiting.reason !== 'ContainerCreating' ? `${waiting.reason}: ${waiting.message ?? ''}` : undefined
}
