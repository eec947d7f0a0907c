import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node'
import { labelNames } from '@millrace/ir'
import type { ApiServer } from './api-client.ts'
import { type Cluster, ClusterError, type JobFields, type Listener } from './cluster.ts'
import { driverManager, jobView, podView } from './kube-views.ts'
import { ListWatch } from './list-watch.ts'
import type { ClusterEvent, JobView } from './views.ts'

/** Warnings that are read at once. */
const pageSize = 500

/** A pipeline's Jobs and pods in one namespace of a real cluster. */
export class KubeCluster implements Cluster {
  readonly #api: ApiServer
  readonly #namespace: string
  readonly #selector: string
  /** Paths of collections. */
  readonly #jobs: string
  readonly #pods: string
  readonly #events: string

  constructor(api: ApiServer, namespace: string, pipeline: string) {
    this.#api = api
    this.#namespace = namespace
    this.#selector = `${labelNames.pipeline}=${pipeline},${labelNames.component}=stage`
    this.#jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
    this.#pods = `/api/v1/namespaces/${namespace}/pods`
    this.#events = `/api/v1/namespaces/${namespace}/events`
  }

  follow(listener: Listener): { stop(): void; readonly ready: Promise<void> } {
    const stopping = new AbortController()
    const common = {
      selector: this.#selector,
      silent: (why: string) => listener.silent(why),
      broken: (error: unknown) => listener.broken(error),
      stopped: stopping.signal,
    }
    const jobs = new ListWatch<V1Job>(this.#api, {
      ...common,
      path: this.#jobs,
      tell: (job) => listener.job(seen(jobView, job)),
      tellGone: ({ metadata }) => listener.noJob(metadata?.name ?? '', metadata?.uid ?? ''),
    })
    const pods = new ListWatch<V1Pod>(this.#api, {
      ...common,
      path: this.#pods,
      tell: (pod) => listener.pod(seen(podView, pod)),
      tellGone: (pod) => {
        const { uid, job } = seen(podView, pod)
        listener.noPod(uid, job)
      },
    })
    const ready = jobs.start().then(() => pods.start())
    return { stop: () => stopping.abort(), ready }
  }

  async job(name: string): Promise<JobView | undefined> {
    try {
      return seen(jobView, await this.#api.read<V1Job>(`${this.#jobs}/${name}`))
    } catch (error) {
      if (error instanceof ClusterError && error.status === 404) return undefined
      throw error
    }
  }

  async apply(name: string, { uid, version, annotations, owners, ...spec }: JobFields): Promise<JobView> {
    const body = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: this.#namespace,
        uid,
        resourceVersion: version,
        ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
        ...(owners.length > 0 ? { ownerReferences: owners } : {}),
      },
      spec: {
        suspend: spec.suspend,
        completions: spec.completions,
        parallelism: spec.parallelism,
        ...(spec.backoffLimit === undefined ? {} : { backoffLimit: spec.backoffLimit }),
      },
    }
    const query = { fieldManager: driverManager, force: true }
    return seen(jobView, await this.#api.apply<V1Job>(`${this.#jobs}/${name}`, body, query))
  }

  async events(): Promise<readonly ClusterEvent[]> {
    const found = await this.#api.read<{ readonly items: readonly CoreV1Event[] }>(this.#events, {
      // a wide map has thousands of others
      fieldSelector: 'type=Warning',
      limit: pageSize,
    })
    return seen(toldIn, found)
  }
}

const toldIn = ({ items }: { readonly items: readonly CoreV1Event[] }): readonly ClusterEvent[] =>
  items
    .toSorted((a, b) => timeOf(a) - timeOf(b))
    .flatMap(({ involvedObject: { kind, name }, reason, message }) =>
      (kind === 'Job' || kind === 'Pod') && name !== undefined
        ? [{ kind, name, reason: reason ?? '', message: message ?? '' } as const]
        : [],
    )

/** What is looked at of an object. @throws ClusterError for one that is none of its kind */
function seen<T, V>(look: (object: T) => V, object: T): V {
  try {
    return look(object)
  } catch (error) {
    throw new ClusterError(
      0,
      'NoObject',
      `the API server told of something that is no object: ${(error as Error).message}`,
    )
  }
}

const timeOf = (event: { readonly lastTimestamp?: unknown; readonly eventTime?: unknown }): number =>
  Number(new Date((event.lastTimestamp ?? event.eventTime ?? 0) as string))
