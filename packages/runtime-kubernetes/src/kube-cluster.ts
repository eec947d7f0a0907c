import type { V1Job, V1Pod } from '@kubernetes/client-node'
import { BatchV1Api, CoreV1Api, type KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { Cluster, JobFields, Listener } from './cluster.ts'
import { clusterError } from './cluster-error.ts'
import { Follower } from './follower.ts'
import { driverManager, jobView, podView } from './kube-views.ts'
import type { JobView, Told } from './views.ts'

const pageSize = 500

/** A pipeline's Jobs and pods in one namespace of a real cluster. */
export class KubeCluster implements Cluster {
  readonly #config: KubeConfig
  readonly #namespace: string
  readonly #selector: string
  readonly #batch: BatchV1Api
  readonly #core: CoreV1Api

  constructor(config: KubeConfig, namespace: string, pipeline: string) {
    this.#config = config
    this.#namespace = namespace
    this.#selector = `millrace.dev/pipeline=${pipeline},app.kubernetes.io/component=stage`
    this.#batch = config.makeApiClient(BatchV1Api)
    this.#core = config.makeApiClient(CoreV1Api)
  }

  follow(listener: Listener): { stop(): void; readonly ready: Promise<void> } {
    const stopping = new AbortController()
    const { signal: stopped } = stopping
    const [namespace, selector] = [this.#namespace, this.#selector]
    const jobs = new Follower<V1Job>(this.#config, {
      path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
      selector,
      list: (page) => this.#batch.listNamespacedJob({ namespace, labelSelector: selector, ...page }),
      tell: (job) => listener.job(jobView(job)),
      tellGone: ({ metadata }) => listener.noJob(metadata?.name ?? '', metadata?.uid ?? ''),
      silent: (why) => listener.silent(why),
      broken: (error) => listener.broken(error),
      stopped,
    })
    const pods = new Follower<V1Pod>(this.#config, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      selector,
      list: (page) => this.#core.listNamespacedPod({ namespace, labelSelector: selector, ...page }),
      tell: (pod) => listener.pod(podView(pod)),
      tellGone: (pod) => {
        const { uid, job } = podView(pod)
        listener.noPod(uid, job)
      },
      silent: (why) => listener.silent(why),
      broken: (error) => listener.broken(error),
      stopped,
    })
    const ready = jobs.start().then(() => pods.start())
    return { stop: () => stopping.abort(), ready }
  }

  async job(name: string): Promise<JobView | undefined> {
    try {
      return jobView(await this.#batch.readNamespacedJob({ name, namespace: this.#namespace }))
    } catch (error) {
      const told = clusterError(error)
      if (told.status === 404) return undefined
      throw told
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
    try {
      const job = await this.#batch.patchNamespacedJob(
        { name, namespace: this.#namespace, body, fieldManager: driverManager, force: true },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
      )
      return jobView(job)
    } catch (error) {
      throw clusterError(error)
    }
  }

  async told(): Promise<readonly Told[]> {
    try {
      const { items } = await this.#core.listNamespacedEvent({
        namespace: this.#namespace,
        // a wide map has thousands of others
        fieldSelector: 'type=Warning',
        limit: pageSize,
      })
      return items
        .sort((a, b) => timeOf(a) - timeOf(b))
        .flatMap(({ involvedObject: { kind, name }, reason, message }) =>
          (kind === 'Job' || kind === 'Pod') && name !== undefined
            ? [{ kind, name, reason: reason ?? '', message: message ?? '' } as const]
            : [],
        )
    } catch (error) {
      throw clusterError(error)
    }
  }
}

const timeOf = (event: { readonly lastTimestamp?: Date; readonly eventTime?: unknown }): number =>
  Number(new Date((event.lastTimestamp ?? event.eventTime ?? 0) as string))
