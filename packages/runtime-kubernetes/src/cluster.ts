import type { JobView, Owner, PodView, Told } from './views.ts'

/** All that a driver asks of a cluster. A simulation of it stands in the tests. */
export interface Cluster {
  /** Tells of all Jobs and pods of the pipeline that are there, then of each change, until `stop`. */
  follow(listener: Listener): { stop(): void; readonly ready: Promise<void> }
  /** One Job as it is now; undefined where there is none. */
  job(name: string): Promise<JobView | undefined>
  /**
   * Sets the fields that the driver owns, if the Job is still what `uid` and `version` say.
   *
   * @throws ClusterError
   */
  apply(name: string, fields: JobFields): Promise<JobView>
  /** What was told of objects of the namespace in the last minutes. */
  told(): Promise<readonly Told[]>
}

export interface Listener {
  job(view: JobView): void
  noJob(name: string, uid: string): void
  pod(view: PodView): void
  noPod(uid: string, job: string): void
  /** The API server has not answered for a while; it is asked again. */
  silent(why: string): void
  /** Nothing more will be told. */
  broken(error: unknown): void
}

/** Every patch repeats all of them: server-side apply drops what is left out. */
export interface JobFields {
  readonly uid: string
  readonly version: string
  readonly suspend: boolean
  readonly completions: number
  readonly parallelism: number
  readonly backoffLimit: number | undefined
  readonly annotations: { readonly [name: string]: string }
  readonly owners: readonly Owner[]
}

/** What the API server answered, or that it did not. */
export class ClusterError extends Error {
  /** HTTP status; 0 where there was no answer. */
  readonly status: number
  readonly reason: string
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined

  constructor(status: number, reason: string, message: string, retryAfter?: number) {
    super(message)
    this.status = status
    this.reason = reason
    this.retryAfter = retryAfter
  }

  /** Whether the same request may go well a little later. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}
