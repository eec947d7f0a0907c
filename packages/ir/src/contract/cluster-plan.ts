import type { Graph } from '../graph.ts'
import type { JsonObject } from '../json.ts'
import type { Plan } from '../plan.ts'
import type { ArtifactValue } from '../port.ts'

/** What a driver on a cluster is given of a program: the Plan, and what the manifests made of it. */
export interface ClusterPlan {
  readonly version: 1
  readonly plan: Plan
  /** What the author wrote, for whoever shows the run. */
  readonly graph: Graph
  /** The parameters; paths of artifacts are relative to the store. */
  readonly input: JsonObject
  /** The program's assets by token; paths are relative to the store. */
  readonly assets: { readonly [token: string]: ArtifactValue }
  readonly environment: string
  /** By node id. */
  readonly jobs: { readonly [node: string]: ClusterJob }
}

/** One stage call's Job. */
export interface ClusterJob {
  readonly name: string
  /** In a map: runs once an item, each item with retries of its own. */
  readonly mapped: boolean
  /** Items at once, of all maps around it; no limit when missing. */
  readonly parallel?: number
  /** The reviewed `backoffLimit`; missing where the Job is mapped. */
  readonly backoffLimit?: number
}
