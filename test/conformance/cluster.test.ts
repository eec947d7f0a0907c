import { noCluster, onCluster, space } from '../support/cluster.ts'
import { ClusterPlace } from './cluster.ts'
import { conformance } from './suite.ts'

if (noCluster !== undefined) process.stderr.write(`the conformance of Kubernetes is left out: ${noCluster}\n`)

onCluster('conformance', () => {
  const here = space('conformance')

  conformance({
    name: 'kubernetes',
    overrides: { resources: { cpu: 0.05, memory: '128Mi' } },
    stages: 'in pods',
    atOnce: 100,
    dear: true,
    beat: 3000,
    without: {
      signal: 'nobody but its driver ends a run on a cluster, and that is ended by deleting it: see below',
      fresh: 'manifests say what is to be there, not how to come to it: whoever wants no hits gives it another store',
    },
    tests: { concurrent: true, timeout: 600_000 },
    newRuntime: () => new ClusterPlace(here),
  })
})
