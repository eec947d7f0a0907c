import type { ClusterEvent, JobView, Owner, PodView } from './views.ts'

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
  events(): Promise<readonly ClusterEvent[]>
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
  /** The server's word for it; `Untrusted` and `NoToken` where it was not asked for want of trust. */
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
    return (this.status === 0 && !this.distrust) || this.status === 429 || this.status >= 500
  }

  /** Authentication of server or client failed: a retry helps only once certificate or token are renewed. */
  get distrust(): boolean {
    return this.status === 401 || this.reason === 'Untrusted' || this.reason === 'NoToken'
  }

  /**
   * Milliseconds to wait before the same request is made again: what the server asks for, within reason.
   *
   * @param round from 1
   */
  pause(round: number, most: number): number {
    return Math.min(most, (this.retryAfter ?? 0) * 1000 || 100 * 2 ** round)
  }
}
