import { ClusterError, type JobFields, type JobView, type Owner, type PodView } from './driver.ts'

/** A Job as the API server and its controller keep it. */
export interface SimJob {
  readonly name: string
  readonly uid: string
  readonly mapped: boolean
  /** The reviewed limit; of each index where it is mapped. */
  readonly limit: number
  version: number
  suspend: boolean
  completions: number
  parallelism: number
  backoffLimit: number | undefined
  annotations: { readonly [name: string]: string }
  owners: readonly Owner[]
  /** Field managers of `spec.suspend`, the last one last. */
  suspenders: string[]
  started: boolean
  end: 'complete' | 'failed' | undefined
  why: string | undefined
  readonly completed: Set<number>
  readonly failedIndexes: Set<number>
  /** Failures that count, by index. */
  readonly failures: Map<number, number>
  /** Those that count for nothing. */
  readonly ignored: Map<number, number>
  /** Not before this time another pod of an index is made. */
  readonly backOff: Map<number, number>
}

export interface SimPod {
  readonly name: string
  readonly uid: string
  readonly job: SimJob
  readonly index: number
  readonly failures: number | undefined
  phase: PodView['phase']
  begun: boolean
  waits: string | undefined
  disrupted: boolean
  deleted: boolean
  exit: PodView['exit']
  /** The controller has seen its end. */
  counted: boolean
}

export type Change =
  | { readonly kind: 'job'; readonly view: JobView; readonly gone: boolean }
  | { readonly kind: 'pod'; readonly view: PodView; readonly gone: boolean }

const driverManager = 'millrace-driver'

/** What is stored of Jobs and pods, with the rules of the API server for changing it. */
export class ApiServer {
  readonly jobs = new Map<string, SimJob>()
  readonly pods = new Map<string, SimPod>()
  readonly watchers = new Set<(change: Change) => void>()
  /** The Job controller. */
  controller: (job: SimJob) => void = () => {}
  #version = 1000
  #uids = 0

  uid(kind: string): string {
    return `${kind}-${String(++this.#uids).padStart(4, '0')}`
  }

  create(name: string, mapped: boolean, limit: number): SimJob {
    const job: SimJob = {
      name,
      uid: this.uid('job'),
      mapped,
      limit,
      version: 0,
      suspend: true,
      completions: 1,
      parallelism: 1,
      backoffLimit: mapped ? undefined : limit,
      annotations: {},
      owners: [],
      suspenders: ['kubectl'],
      started: false,
      end: undefined,
      why: undefined,
      completed: new Set(),
      failedIndexes: new Set(),
      failures: new Map(),
      ignored: new Map(),
      backOff: new Map(),
    }
    this.jobs.set(name, job)
    this.changed(job)
    return job
  }

  delete(name: string): void {
    const job = this.jobs.get(name)
    if (!job) return
    this.jobs.delete(name)
    this.#tell({ kind: 'job', view: this.#next(job), gone: true })
    this.controller(job)
  }

  changed(job: SimJob): void {
    this.#tell({ kind: 'job', view: this.#next(job), gone: false })
    this.controller(job)
  }

  podChanged(pod: SimPod): void {
    if (this.pods.has(pod.uid)) this.#tell({ kind: 'pod', view: podView(pod), gone: false })
    this.controller(pod.job)
  }

  podGone(pod: SimPod): void {
    if (this.pods.delete(pod.uid)) this.#tell({ kind: 'pod', view: podView(pod), gone: true })
    this.controller(pod.job)
  }

  /** A forced server-side apply of a driver. */
  apply(name: string, fields: JobFields): JobView {
    const job = this.jobs.get(name)
    if (!job) throw new ClusterError(404, 'NotFound', `jobs.batch "${name}" not found`)
    if (job.uid !== fields.uid || String(job.version) !== fields.version)
      throw new ClusterError(409, 'Conflict', `Operation cannot be fulfilled on jobs.batch "${name}"`)
    const { suspend, completions, parallelism } = fields
    if (completions !== job.completions && completions !== parallelism)
      throw new ClusterError(
        422,
        'Invalid',
        'spec.completions: Invalid value: can only be modified in tandem with spec.parallelism',
      )
    if (completions < 0 || parallelism < 0) throw new ClusterError(422, 'Invalid', 'must be non-negative')
    const before = JSON.stringify(jobView(job))
    if (suspend !== job.suspend) job.suspenders = []
    if (!job.suspenders.includes(driverManager)) job.suspenders.push(driverManager)
    Object.assign(job, { suspend, completions, parallelism })
    if (fields.backoffLimit !== undefined) job.backoffLimit = fields.backoffLimit
    job.annotations = { ...fields.annotations }
    job.owners = [...fields.owners]
    if (JSON.stringify(jobView(job)) !== before) this.changed(job)
    return jobView(job)
  }

  /** The reviewed manifest, applied over it by another manager. */
  applyReviewed(name: string, manager: string): void {
    const job = this.jobs.get(name)
    if (!job) return
    Object.assign(job, { suspend: true, completions: 1, parallelism: 1 })
    if (!job.mapped) job.backoffLimit = job.limit
    job.suspenders = [...job.suspenders.filter((name) => name !== manager), manager]
    this.changed(job)
  }

  view(name: string): JobView | undefined {
    const job = this.jobs.get(name)
    return job && jobView(job)
  }

  /** All there is, as a list tells it. */
  list(): Change[] {
    return [
      ...[...this.jobs.values()].map((job): Change => ({ kind: 'job', view: jobView(job), gone: false })),
      ...[...this.pods.values()].map((pod): Change => ({ kind: 'pod', view: podView(pod), gone: false })),
    ]
  }

  #next(job: SimJob): JobView {
    job.version = ++this.#version
    return jobView(job)
  }

  #tell(change: Change): void {
    for (const watcher of this.watchers) watcher(change)
  }
}

const jobView = (job: SimJob): JobView => ({
  name: job.name,
  uid: job.uid,
  version: String(job.version),
  suspend: job.suspend,
  completions: job.completions,
  parallelism: job.parallelism,
  backoffLimit: job.backoffLimit,
  annotations: job.annotations,
  owners: job.owners,
  started: job.started,
  end: job.end,
  why: job.why,
  suspendedBy: job.suspenders.filter((name) => name !== driverManager).at(-1),
})

const podView = ({
  name,
  uid,
  job,
  index,
  failures,
  phase,
  begun,
  waits,
  disrupted,
  deleted,
  exit,
}: SimPod): PodView => ({
  name,
  uid,
  job: job.name,
  jobUid: job.uid,
  index,
  failures,
  phase,
  begun,
  waits,
  disrupted,
  deleted,
  exit,
})
