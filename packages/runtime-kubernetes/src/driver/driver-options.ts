import type { ClusterPlan, Event } from '@millrace/ir'
import type { RunFolder, Store } from '@millrace/store'
import type { Cluster } from '../api/cluster.ts'
import type { Owner } from '../api/views.ts'

/** What a run on a cluster is given. */
export interface DriverOptions {
  /** Artifacts in its input have absolute paths here. */
  readonly given: ClusterPlan
  /** Of all that the driver was given; a run goes on under it. */
  readonly digest: string
  readonly store: Store
  readonly folder: RunFolder
  readonly cluster: Cluster
  /** The driver's own Job. */
  readonly owner?: Owner
  /** The command that runs again what ended. */
  readonly again: string
  readonly onEvent: (event: Event) => void
  /** Up to so many items of a Job all that its pods wrote is listed at every look. Default 50. */
  readonly fewItems?: number
}
