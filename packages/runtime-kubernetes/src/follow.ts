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

/** How a run was seen to end: its last event, or why there will be none. */
export type Followed = Extract<Event, { event: 'run.finished' }> | { readonly failed: string } | undefined

const lookEvery = 1000

/**
 * Follows a driver by its log to `run.finished`, over restarts of it. Gives undefined when `signal` ended it.
 *
 * @throws ClusterError
 */
export async function follow(config: KubeConfig, options: FollowOptions): Promise<Followed> {
  const { namespace, driver, signal } = options
  const core = config.makeApiClient(CoreV1Api)
  const batch = config.makeApiClient(BatchV1Api)
  const labelSelector = `batch.kubernetes.io/job-name=${driver}`
  let reason = ''
  /** Events of a pod that were told, where its log has to be read again. */
  const told = new Map<string, number>()
  while (!signal.aborted) {
    const { items } = await insist(() => core.listNamespacedPod({ namespace, labelSelector }))
    const pod = items.sort(byAge).at(-1)
    if (pod && (await started(pod))) {
      const last = await readLog(config, pod, told, options)
      if (last) return last
    } else if (pod) {
      const waits = podView(pod).waits ?? driverWaits(pod)
      if (waits !== undefined && waits !== reason) options.waiting(waits)
      reason = waits ?? reason
    }
    const job = jobView(await insist(() => batch.readNamespacedJob({ name: driver, namespace })))
    if (job.end !== undefined && !(pod && (await unread(config, pod, told, options))))
      return { failed: job.why ?? 'its log holds no end of the run' }
    await sleep(lookEvery, undefined, { signal }).catch(() => {})
  }
  return undefined
}

const byAge = (a: V1Pod, b: V1Pod): number =>
  Number(a.metadata?.creationTimestamp ?? 0) - Number(b.metadata?.creationTimestamp ?? 0)

async function started({ status }: V1Pod): Promise<boolean> {
  const state = status?.containerStatuses?.find(({ name }) => name === 'driver')?.state
  return state?.running !== undefined || state?.terminated !== undefined
}

function driverWaits({ status }: V1Pod): string | undefined {
  const waiting = status?.containerStatuses?.find(({ name }) => name === 'driver')?.state?.waiting
  return waiting && waiting.reason !== 'ContainerCreating' ? `${waiting.reason}: ${waiting.message ?? ''}` : undefined
}

/** A Job may have ended between two looks: its log is read once more. */
async function unread(
  config: KubeConfig,
  pod: V1Pod,
  told: Map<string, number>,
  options: FollowOptions,
): Promise<boolean> {
  const before = told.get(pod.metadata?.uid ?? '') ?? 0
  return (await readLog(config, pod, told, options)) !== undefined || (told.get(pod.metadata?.uid ?? '') ?? 0) > before
}

/** Reads the log of a driver's pod as long as it lasts; gives the run's last event if it was there. */
async function readLog(
  config: KubeConfig,
  pod: V1Pod,
  told: Map<string, number>,
  { namespace, signal, event }: FollowOptions,
): Promise<Extract<Event, { event: 'run.finished' }> | undefined> {
  const { name = '', uid = '' } = pod.metadata ?? {}
  let last: Extract<Event, { event: 'run.finished' }> | undefined
  let line = 0
  let rest = ''
  // a chunk may end within a character
  const decoder = new StringDecoder()
  const take = (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      if (++line <= (told.get(uid) ?? 0)) continue
      told.set(uid, line)
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
