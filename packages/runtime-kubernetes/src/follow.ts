import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchV1Api, CoreV1Api, type KubeConfig, Log, type V1Pod } from '@kubernetes/client-node'
import type { Event } from '@millrace/ir'
import { jobView, podView } from './kube-views.ts'
import { insist } from './submit.ts'

export interface FollowOptions {
  readonly namespace: string
  /** Name of the driver's Job. */
  readonly driver: string
  readonly signal: AbortSignal
  event(event: Event): void
  /** Why the driver does not start. */
  waiting(reason: string): void
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
  const { namespace, driver, signal } = options
  const core = config.makeApiClient(CoreV1Api)
  const batch = config.makeApiClient(BatchV1Api)
  const labelSelector = `batch.kubernetes.io/job-name=${driver}`
  let reason = ''
  let looks = 0
  /** Lines of a pod that were read, where its log has to be read again. */
  const read = new Map<string, number>()
  const linesRead = () => [...read.values()].reduce((all, lines) => all + lines, 0)
  while (!signal.aborted) {
    // before its pods: the last of a Job that has ended is among them, with its whole log
    const job = jobView(await insist(() => batch.readNamespacedJob({ name: driver, namespace })))
    const { items } = await insist(() => core.listNamespacedPod({ namespace, labelSelector }))
    const pod = items.sort(byAge).at(-1)
    const before = linesRead()
    if (pod && started(pod)) {
      const last = await readLog(config, pod, read, options)
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

/** Reads the log of a driver's pod as long as it lasts; gives the run's last event if it was there. */
async function readLog(
  config: KubeConfig,
  pod: V1Pod,
  read: Map<string, number>,
  { namespace, signal, event }: FollowOptions,
): Promise<RunFinished | undefined> {
  const { name = '', uid = '' } = pod.metadata ?? {}
  let last: RunFinished | undefined
  let line = 0
  let rest = ''
  // a chunk may end within a character
  const decoder = new StringDecoder()
  const take = (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      if (++line <= (read.get(uid) ?? 0)) continue
      read.set(uid, line)
      const one = eventIn(text)
      if (!one) continue
      event(one)
      if (one.event === 'run.finished') last = one
    }
  }
  await new Promise<void>((resolve) => {
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        take(decoder.write(chunk))
        done()
      },
      final(done) {
        done()
        resolve()
      },
      destroy(_, done) {
        done(null)
        resolve()
      },
    })
    stream.on('error', () => resolve())
    // what ends the connection, we or the network, is told of the answer's body, which only this event shows
    stream.on('pipe', (body) => body.on('error', () => resolve()))
    new Log(config)
      .log(namespace, name, 'driver', stream, { follow: true })
      .then((controller) => {
        const stop = () => {
          controller.abort()
          resolve()
        }
        if (signal.aborted) stop()
        else signal.addEventListener('abort', stop, { once: true })
      })
      // it may have gone between the look and this; the next look tells
      .catch(() => resolve())
  })
  return last
}

function eventIn(line: string): Event | undefined {
  try {
    const value = JSON.parse(line) as Event | null
    return typeof value?.event === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
