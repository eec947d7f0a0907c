import type { ApiServer, Change } from './api-server.ts'
import { type Cluster, ClusterError, type ClusterEvent, type JobFields, type JobView, type Listener } from './driver.ts'
import type { Process } from './processes.ts'
import type { Troubles } from './troubles.ts'

/** The cluster as one driver sees it: late, twice, with gaps, and not always. */
export class SimCluster implements Cluster {
  readonly #api: ApiServer
  readonly #troubles: Troubles
  readonly #process: Process
  /** Jobs that it has no right to change. */
  readonly #forbidden: ReadonlySet<string>
  /** Requests by Job. */
  readonly requests = new Map<string, number>()

  constructor(api: ApiServer, troubles: Troubles, process: Process, forbidden: ReadonlySet<string>) {
    this.#api = api
    this.#troubles = troubles
    this.#process = process
    this.#forbidden = forbidden
  }

  follow(listener: Listener): { stop(): void; readonly ready: Promise<void> } {
    let stopped = false
    const tell = (change: Change) => {
      if (!stopped) this.#process.act(() => told(listener, change))
    }
    const streams = {
      job: new Stream(this.#api, 'job', this.#troubles, tell),
      pod: new Stream(this.#api, 'pod', this.#troubles, tell),
    }
    const stop = () => {
      stopped = true
      streams.job.stop()
      streams.pod.stop()
    }
    this.#process.onDeath(stop)
    const ready = this.#answer(undefined, () => undefined).then(() => {
      streams.job.start()
      streams.pod.start()
    })
    return { stop, ready }
  }

  job(name: string): Promise<JobView | undefined> {
    return this.#request(name, [429, 500, 503], () => this.#api.view(name))
  }

  apply(name: string, fields: JobFields): Promise<JobView> {
    return this.#request(name, [409, 409, 429, 500, 503], () => {
      if (this.#forbidden.has(name))
        throw new ClusterError(403, 'Forbidden', `jobs.batch "${name}" is forbidden: the driver can't patch it`)
      if (this.#troubles.ownersRefused && fields.owners.length > 0)
        throw new ClusterError(422, 'Invalid', 'metadata.ownerReferences: cannot set blockOwnerDeletion on owner')
      return this.#api.apply(name, fields)
    })
  }

  events(): Promise<readonly ClusterEvent[]> {
    return this.#answer(undefined, () => [])
  }

  async #request<T>(name: string, refusals: readonly number[], work: () => T): Promise<T> {
    this.requests.set(name, (this.requests.get(name) ?? 0) + 1)
    const { random } = this.#troubles
    if (this.#troubles.chance(this.#troubles.refused)) {
      const status = random.pick(refusals)
      return this.#answer(
        () => new ClusterError(status, 'Refused', `refused with ${status}`, status === 429 ? 1 : undefined),
        work,
      )
    }
    if (this.#troubles.chance(this.#troubles.cut)) {
      const lost = random.next() < 0.5
      return this.#answer(() => {
        if (!lost) attempt(work)
        return new ClusterError(0, 'NoAnswer', 'socket hang up')
      }, work)
    }
    return this.#answer(undefined, work)
  }

  /** A dead process gets no answer. */
  #answer<T>(refusal: (() => ClusterError) | undefined, work: () => T): Promise<T> {
    const { random, lag } = this.#troubles
    const there = random.below(20 + Math.min(lag, 300))
    const back = random.below(20)
    return new Promise((resolve, reject) => {
      if (this.#process.dead) return
      // what was sent is done, whether the one who sent it lives or not
      unowned(() =>
        setTimeout(() => {
          let end: () => void
          try {
            const error = refusal?.()
            const value = error ? undefined : work()
            end = () => (error ? reject(error) : resolve(value as T))
          } catch (error) {
            end = () => reject(error)
          }
          setTimeout(() => this.#process.act(end), back)
        }, there),
      )
    })
  }
}

import { unowned } from './processes.ts'

function told(listener: Listener, { kind, view, gone }: Change): void {
  if (kind === 'job') {
    if (gone) listener.noJob(view.name, view.uid)
    else listener.job(view)
  } else if (gone) listener.noPod(view.uid, view.job)
  else listener.pod(view)
}

function attempt(work: () => unknown): void {
  try {
    work()
  } catch {}
}

/** One watch: in order, late; broken it lists again, in any order. */
class Stream {
  readonly #api: ApiServer
  readonly #kind: Change['kind']
  readonly #troubles: Troubles
  readonly #tell: (change: Change) => void
  readonly #known = new Map<string, Change>()
  #last = 0
  /** Of the connection that counts; those before it are dead. */
  #connection = 0
  readonly #watcher = (change: Change) => this.#changed(change)

  constructor(api: ApiServer, kind: Change['kind'], troubles: Troubles, tell: (change: Change) => void) {
    this.#api = api
    this.#kind = kind
    this.#troubles = troubles
    this.#tell = tell
  }

  start(): void {
    this.#list()
    this.#api.watchers.add(this.#watcher)
  }

  stop(): void {
    this.#api.watchers.delete(this.#watcher)
    this.#connection++
  }

  #changed(change: Change): void {
    if (change.kind !== this.#kind) return
    const { random, lag } = this.#troubles
    const { chance } = { chance: (of: number) => this.#troubles.chance(of) }
    if (chance(this.#troubles.watchBreaks)) return this.#break()
    const connection = this.#connection
    const times = chance(this.#troubles.toldTwice) ? 2 : 1
    for (let i = 0; i < times; i++) {
      this.#last = Math.max(this.#last, Date.now() + random.below(lag + 1))
      unowned(() =>
        setTimeout(() => {
          if (connection === this.#connection) this.#pass(change)
        }, this.#last - Date.now()),
      )
    }
  }

  #pass(change: Change): void {
    if (change.gone) this.#known.delete(change.view.uid)
    else this.#known.set(change.view.uid, change)
    this.#tell(change)
  }

  #break(): void {
    this.stop()
    const connection = this.#connection
    unowned(() =>
      setTimeout(() => {
        if (connection === this.#connection) this.start()
      }, this.#troubles.random.below(4000)),
    )
  }

  #list(): void {
    const there = this.#api.list().filter(({ kind }) => kind === this.#kind)
    const uids = new Set(there.map(({ view }) => view.uid))
    for (const [uid, change] of [...this.#known]) if (!uids.has(uid)) this.#pass({ ...change, gone: true })
    const { random } = this.#troubles
    const order = there.map((change) => ({ change, at: random.next() })).sort((a, b) => a.at - b.at)
    for (const { change } of order) this.#pass(change)
  }
}
