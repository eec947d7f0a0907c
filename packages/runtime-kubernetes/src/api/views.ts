/** What the driver looks at of a Job. */
export interface JobView {
  readonly name: string
  readonly uid: string
  readonly version: string
  readonly suspend: boolean
  readonly completions: number | undefined
  readonly parallelism: number | undefined
  readonly backoffLimit: number | undefined
  readonly annotations: { readonly [name: string]: string }
  readonly owners: readonly Owner[]
  /** Whether it ever had pods to start. */
  readonly started: boolean
  readonly end: 'complete' | 'failed' | undefined
  /** Of a failed one: the condition's reason and message. */
  readonly why: string | undefined
  /** The field manager that set `suspend` last. */
  readonly suspendedBy: string | undefined
}

export interface Owner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** What the driver looks at of a pod. */
export interface PodView {
  readonly name: string
  readonly uid: string
  readonly job: string
  /** One that was deleted and applied again has the name only. */
  readonly jobUid: string
  /** The completion index. */
  readonly index: number
  /** How many pods of its index have failed before it, where the cluster counts them (Kubernetes: Jobs with `backoffLimitPerIndex`). */
  readonly failures: number | undefined
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  /** Its container runs or ran. */
  readonly begun: boolean
  /** Why it does not start, in the cluster's words. */
  readonly waits: string | undefined
  /** Evicted, preempted, or lost with its node: not the stage's doing. */
  readonly disrupted: boolean
  readonly deleted: boolean
  readonly exit: Exit | undefined
}

export interface Exit {
  readonly code: number
  readonly reason: string
  readonly message: string
}

/** What the cluster tells of an object. */
export interface ClusterEvent {
  readonly kind: 'Job' | 'Pod'
  readonly name: string
  readonly reason: string
  readonly message: string
}
