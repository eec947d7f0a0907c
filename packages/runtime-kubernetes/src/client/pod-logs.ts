import { CoreV1Api, type KubeConfig, type V1Pod } from '@kubernetes/client-node'
import { labelNames } from '@millrace/ir'
import { clusterError } from '../api/cluster-error.ts'
import { clientOf, insist } from '../api/connection.ts'
import { podView } from '../api/kube-views.ts'

export interface LogSelection {
  readonly namespace: string
  readonly pipeline: string
  /** The name of a stage; missing, all. */
  readonly stage?: string
}

/** What one pod has printed so far. */
export interface PodLog {
  /** `<job>-<completion index>`, as its host is called. */
  readonly host: string
  readonly text: string
}

/**
 * What the pods of a pipeline's stages have printed, the oldest pod first, as long as the cluster keeps them.
 *
 * @throws ClusterError
 */
export async function* podLogs(
  config: KubeConfig,
  { namespace, pipeline, stage }: LogSelection,
): AsyncGenerator<PodLog> {
  const core = clientOf(config, CoreV1Api)
  const chosen = [`${labelNames.pipeline}=${pipeline}`, `${labelNames.component}=stage`]
  if (stage !== undefined) chosen.push(`${labelNames.stage}=${stage}`)
  const labelSelector = chosen.join(',')
  const { items } = await insist(() => core.listNamespacedPod({ namespace, labelSelector }))
  for (const pod of items.sort(byAge)) {
    const { name, job, index, begun } = podView(pod)
    if (!begun) continue
    try {
      const text = await insist(() => core.readNamespacedPodLog({ name, namespace, container: 'main' }))
      yield { host: `${job}-${index}`, text: text ?? '' }
    } catch (error) {
      // it has gone meanwhile
      if (clusterError(error).status !== 404) throw error
    }
  }
}

const byAge = (a: V1Pod, b: V1Pod): number =>
  Number(a.metadata?.creationTimestamp ?? 0) - Number(b.metadata?.creationTimestamp ?? 0)
