import { setTimeout as sleep } from 'node:timers/promises'
import {
  BatchV1Api,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from '@kubernetes/client-node'
import { annotationNames } from '@millrace/ir'
import { ClusterError } from '../api/cluster.ts'
import { clusterError } from '../api/cluster-error.ts'
import { clientOf, insist } from '../api/connection.ts'
import { jobView } from '../api/kube-views.ts'

/** The field manager of `kubectl apply --server-side`, so that it and `submit` may follow one another. */
const applyManager = 'kubectl'

/** Applies manifests in their order, as `kubectl apply --server-side` does. @throws ClusterError with the object's name */
export async function applyAll(config: KubeConfig, objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const api = clientOf(config, KubernetesObjectApi)
  const running: string[] = []
  for (const object of objects) {
    try {
      await insist(() =>
        api.patch(object, undefined, undefined, applyManager, undefined, PatchStrategy.ServerSideApply),
      )
    } catch (error) {
      const told = clusterError(error)
      // the driver holds the fields of a Job that runs right now
      if (told.status === 409 && object.kind === 'Job') running.push(object.metadata?.name ?? '')
      else throw new ClusterError(told.status, told.reason, `${nameOf(object)}: ${told.message}`)
    }
  }
  return running
}

const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind} "${metadata?.name}"`

/**
 * Deletes, of Jobs of these names, what ended and has to run again: all but those that a driver found to be done.
 *
 * @param anew of `names`, those that each run does anew: they are done only as long as the last run goes on
 */
export async function deleteEnded(
  config: KubeConfig,
  namespace: string,
  names: readonly string[],
  driver: string,
  anew: ReadonlySet<string>,
): Promise<readonly string[]> {
  const api = clientOf(config, BatchV1Api)
  const gone: string[] = []
  const last = await read(api, namespace, driver)
  const over = !last || last.end === 'complete'
  for (const name of names) {
    const job = await read(api, namespace, name)
    if (!job || job.end === undefined) continue
    const done = job.annotations[annotationNames.state] !== 'failed' && !(over && anew.has(name))
    if (name !== driver && job.end === 'complete' && done) continue
    try {
      await insist(() =>
        api.deleteNamespacedJob({
          name,
          namespace,
          // with a body the server reads no options of the query, and would leave the pods to nobody
          body: { propagationPolicy: 'Background', preconditions: { uid: job.uid } },
        }),
      )
      gone.push(name)
    } catch (error) {
      const told = clusterError(error)
      if (told.status !== 404 && told.status !== 409) throw told
    }
  }
  // their names are free once the last pod has let go
  for (const name of gone) while (await read(api, namespace, name)) await sleep(200)
  return gone
}

/** Whether there is a Job of this name that has ended. @throws ClusterError */
export async function hasEnded(config: KubeConfig, namespace: string, name: string): Promise<boolean> {
  const job = await read(clientOf(config, BatchV1Api), namespace, name)
  return job?.end !== undefined
}

async function read(api: BatchV1Api, namespace: string, name: string): Promise<ReturnType<typeof jobView> | undefined> {
  try {
    return jobView(await insist(() => api.readNamespacedJob({ name, namespace })))
  } catch (error) {
    const told = clusterError(error)
    if (told.status === 404) return undefined
    throw told
  }
}
