import type { Random } from '../faults/random.ts'
import type { ApiServer, SimJob, SimPod } from './api-server.ts'

const dataError = 65
const firstBackOff = 10_000

/** What the Job controller of Kubernetes does about Indexed Jobs, as far as a driver sees it. */
export class JobController {
  readonly #api: ApiServer
  readonly #random: Random
  readonly #run: (pod: SimPod) => void
  readonly #due = new Set<SimJob>()

  constructor(api: ApiServer, random: Random, run: (pod: SimPod) => void) {
    this.#api = api
    this.#random = random
    this.#run = run
    api.controller = (job) => this.#later(job, 5 + random.below(150))
  }

  #later(job: SimJob, milliseconds: number): void {
    if (this.#due.has(job)) return
    this.#due.add(job)
    setTimeout(() => {
      this.#due.delete(job)
      this.#sync(job)
    }, milliseconds)
  }

  #podsOf(job: SimJob): SimPod[] {
    return [...this.#api.pods.values()].filter((pod) => pod.job === job)
  }

  #sync(job: SimJob): void {
    if (this.#api.jobs.get(job.name) !== job || job.end !== undefined) return this.#clear(job)
    for (const pod of this.#podsOf(job)) this.#count(job, pod)
    for (const index of job.completed) if (index >= job.completions) job.completed.delete(index)
    const active = this.#podsOf(job).filter((pod) => !isOver(pod))
    if (job.mapped) this.#endIndexes(job)
    else if ([...job.failures.values()].reduce((a, b) => a + b, 0) > (job.backoffLimit ?? 6))
      return this.#end(job, 'failed', 'BackoffLimitExceeded: Job has reached the specified backoff limit')
    if (job.failedIndexes.size > 0 && !job.mapped)
      return this.#end(job, 'failed', 'PodFailurePolicy: Container main failed with exit code 65')
    const failed = [...job.failedIndexes].filter((index) => index < job.completions)
    if (job.completed.size + failed.length >= job.completions && active.length === 0)
      return failed.length > 0
        ? this.#end(job, 'failed', 'FailedIndexes: Job has failed indexes')
        : this.#end(job, 'complete', undefined)
    if (job.suspend) {
      for (const pod of active) this.#take(pod)
      if (!job.started) return
      job.started = false
      return this.#api.changed(job)
    }
    if (!job.started) {
      job.started = true
      this.#api.changed(job)
    }
    this.#fill(job, active)
  }

  #count(job: SimJob, pod: SimPod): void {
    if (pod.counted || !isOver(pod)) return
    pod.counted = true
    if (pod.deleted) setTimeout(() => this.#api.podGone(pod), this.#random.below(500))
    const { index } = pod
    if (pod.phase === 'Succeeded') return void job.completed.add(index)
    if (pod.disrupted) return void job.ignored.set(index, (job.ignored.get(index) ?? 0) + 1)
    if (pod.exit?.code === dataError) return void job.failedIndexes.add(index)
    const failures = (job.failures.get(index) ?? 0) + 1
    job.failures.set(index, failures)
    job.backOff.set(index, Date.now() + firstBackOff * 2 ** (failures - 1))
  }

  #endIndexes(job: SimJob): void {
    for (const [index, failures] of job.failures) if (failures > job.limit) job.failedIndexes.add(index)
  }

  #fill(job: SimJob, active: readonly SimPod[]): void {
    const held = new Set(active.map(({ index }) => index))
    let room = job.parallelism - held.size
    for (let index = 0; index < job.completions && room > 0; index++) {
      if (held.has(index) || job.completed.has(index) || job.failedIndexes.has(index)) continue
      const wait = (job.backOff.get(index) ?? 0) - Date.now()
      if (wait > 0) {
        setTimeout(() => this.#later(job, 1), wait)
        continue
      }
      room--
      const uid = this.#api.uid('pod')
      const pod: SimPod = {
        name: `${job.name}-${index}-${uid.slice(-5)}`,
        uid,
        job,
        index,
        failures: job.mapped ? (job.failures.get(index) ?? 0) + (job.ignored.get(index) ?? 0) : undefined,
        phase: 'Pending',
        begun: false,
        waits: undefined,
        disrupted: false,
        deleted: false,
        exit: undefined,
        counted: false,
      }
      this.#api.pods.set(uid, pod)
      this.#api.podChanged(pod)
      this.#run(pod)
    }
  }

  /** A pod that the controller itself removes counts for nothing. */
  #take(pod: SimPod): void {
    if (pod.deleted) return
    pod.deleted = true
    pod.counted = true
    this.#api.podChanged(pod)
    setTimeout(() => {
      if (!isOver(pod)) pod.phase = 'Failed'
      this.#api.podGone(pod)
    }, this.#random.below(1500))
  }

  #clear(job: SimJob): void {
    for (const pod of this.#podsOf(job)) if (!isOver(pod)) this.#take(pod)
  }

  #end(job: SimJob, end: 'complete' | 'failed', why: string | undefined): void {
    if (end === 'failed') this.#clear(job)
    // the pods' finalizers go first
    setTimeout(
      () => {
        if (job.end !== undefined || this.#api.jobs.get(job.name) !== job) return
        Object.assign(job, { end, why })
        this.#api.changed(job)
      },
      job.completions === 0 ? 20 : 1000 + this.#random.below(1800),
    )
  }
}

export const isOver = ({ phase }: SimPod): boolean => phase === 'Succeeded' || phase === 'Failed'
