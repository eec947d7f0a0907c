import { annotationNames } from '@millrace/ir'
import { type Cluster, ClusterError, type JobFields } from '../api/cluster.ts'
import { sleep } from '../api/sleep.ts'
import type { JobView, Owner } from '../api/views.ts'

/** What a Job is to be. */
export interface Shape {
  readonly suspend: boolean
  readonly completions: number
  readonly parallelism: number
  readonly backoffLimit: number | undefined
}

/** How often a request that another change overtook, or that found no answer, is made again. */
const tries = 12
/** Between two of them, in milliseconds. */
const longestPause = 10_000

/** Brings Jobs into shape, whatever happens to them meanwhile. Each step can be repeated. */
export class JobControl {
  readonly #cluster: Cluster
  readonly #views: ReadonlyMap<string, JobView>
  readonly #seen: (view: JobView) => void
  readonly #owner: Owner | undefined
  /** The API may refuse owners (OwnerReferencesPermissionEnforcement): then they are left out. */
  #owns = true

  constructor(cluster: Cluster, views: ReadonlyMap<string, JobView>, seen: (view: JobView) => void, owner?: Owner) {
    this.#cluster = cluster
    this.#views = views
    this.#seen = seen
    this.#owner = owner
  }

  /**
   * @param state what the annotation `millrace.dev/state` tells; kept as it is when missing
   * @throws ClusterError when it is refused, and `gone` (404) when the Job is not there or is another one
   */
  async shape(name: string, uid: string, shape: Shape, state?: string): Promise<JobView> {
    let view = this.#views.get(name)
    for (let round = 1; ; round++) {
      view ??= await this.look(name)
      if (!view || view.uid !== uid) throw new ClusterError(404, 'NotFound', `the Job "${name}" was deleted`)
      const told = state === undefined || view.annotations[annotationNames.state] === state
      if (is(view, shape) && told && this.#owned(view)) return view
      const fields = this.#fields(view, shape, state)
      try {
        const now = await this.#cluster.apply(name, fields)
        this.#seen(now)
        return now
      } catch (error) {
        if (!(error instanceof ClusterError) || round === tries) throw error
        if (fields.owners.length > 0 && (error.status === 403 || error.status === 422) && /owner/i.test(error.message))
          this.#owns = false
        else if (error.status !== 409 && !mayPass(error)) throw error
        if (mayPass(error)) await sleep(error.pause(round, longestPause))
        view = undefined
      }
    }
  }

  /**
   * The Job as it is now, whatever was told of it before.
   *
   * @throws ClusterError
   */
  async look(name: string): Promise<JobView | undefined> {
    for (let round = 1; ; round++) {
      try {
        const view = await this.#cluster.job(name)
        if (view) this.#seen(view)
        return view
      } catch (error) {
        if (!(error instanceof ClusterError) || !mayPass(error) || round === tries) throw error
        await sleep(error.pause(round, longestPause))
      }
    }
  }

  /** A Job that several plans use has a driver of each as an owner: it goes with the last of them. */
  #owned({ owners }: JobView): boolean {
    const owner = this.#owns ? this.#owner : undefined
    return owner === undefined || owners.some(({ uid }) => uid === owner.uid)
  }

  #fields(view: JobView, shape: Shape, state: string | undefined): JobFields {
    const own = this.#owns && this.#owner ? [this.#owner] : []
    const others = view.owners.filter(({ uid }) => uid !== own[0]?.uid)
    const told = state ?? view.annotations[annotationNames.state]
    return {
      uid: view.uid,
      version: view.version,
      ...shape,
      annotations: told === undefined ? {} : { [annotationNames.state]: told },
      owners: this.#owns ? [...others, ...own] : [],
    }
  }
}

/** The kubelet may be about to renew what the driver shows to the server. */
const mayPass = (error: ClusterError): boolean => error.passes || error.distrust

const is = (view: JobView, { suspend, completions, parallelism, backoffLimit }: Shape): boolean =>
  view.suspend === suspend &&
  view.completions === completions &&
  view.parallelism === parallelism &&
  (backoffLimit === undefined || view.backoffLimit === backoffLimit)
