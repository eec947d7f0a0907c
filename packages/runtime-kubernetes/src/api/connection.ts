import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ApiConstructor,
  type ApiType,
  createConfiguration,
  type KubeConfig,
  ServerConfiguration,
} from '@kubernetes/client-node'
import { ClusterError } from './cluster.ts'
import { clusterError } from './cluster-error.ts'

/** How often a request is made that fails by chance, and what lies between two of them at most, in milliseconds. */
const [tries, longestPause] = [5, 10_000]
/** A request that is not answered as a whole by then counts as failed, in milliseconds. */
const answerWithin = 60_000

/**
 * A client of an API that does not wait for ever.
 *
 * @param within milliseconds for a whole answer; default 60,000
 */
export function clientOf<T extends ApiType>(config: KubeConfig, type: ApiConstructor<T>, within = answerWithin): T {
  const server = config.getCurrentCluster()?.server
  if (server === undefined) throw new ClusterError(0, 'NoCluster', 'no cluster is chosen')
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        async pre(request) {
          request.setSignal(AbortSignal.timeout(within))
          return request
        },
        post: async (response) => response,
      },
    ],
  })
  return new type(configuration)
}

/** What fails by chance is tried again. @throws ClusterError */
export async function insist<T>(request: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await request()
    } catch (error) {
      const told = clusterError(error)
      if (!told.passes || n === tries) throw told
      await sleep(told.pause(n + 1, longestPause))
    }
  }
}
