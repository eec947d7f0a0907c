import type { ApiServer, Change } from './api-client.ts'
import { ClusterError } from './cluster.ts'
import { sleep } from './sleep.ts'

/** Seconds after which the API server ends a watch. */
const watchSeconds = 240
/** A watch may lose what it should tell, so all is listed again as often, in milliseconds. */
const resync = 240_000
/** After so long without an answer it is told, in milliseconds. */
const tellSilenceAfter = 20_000
/** Milliseconds of failed authentication before giving up: a kubelet renews the driver's token in that time. */
const trustPatience = 60_000
/** One that lasted as long was none that the server refused, in milliseconds. */
const lasted = 5000
const longestPause = 5000
/** Objects of a page of a list, at first and at least. */
const [pageSize, leastPage] = [500, 10]
/** Objects of a list that has an end. */
const mostObjects = 1_000_000

interface Listed<T> {
  readonly items?: readonly T[]
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

interface Named {
  readonly metadata?: {
    readonly name?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: { readonly [name: string]: string }
  }
}

export interface Following<T> {
  /** Of the collection, under the API server. */
  readonly path: string
  readonly selector: string
  tell(object: T): void
  tellGone(object: T): void
  /** The API server has not answered for a while; it is asked again. */
  silent(why: string): void
  /** It can't be followed: the account has not the rights. */
  broken(error: unknown): void
  readonly stopped: AbortSignal
}

/** How a watch came to its end: as it should, too late to go on from where it was, or otherwise. */
type Lost = 'ended' | 'gone' | 'failed'

/** Lists, then watches; lists again where the watch lost its place. */
export class ListWatch<T extends Named> {
  readonly #api: ApiServer
  readonly #of: Following<T>
  readonly #known = new Map<string, T>()
  #version = ''
  #listed = 0
  #page = pageSize

  constructor(api: ApiServer, following: Following<T>) {
    this.#api = api
    this.#of = following
  }

  /** Resolves when all that is there was told. */
  async start(): Promise<void> {
    await this.#list()
    this.#follow().catch((error: unknown) => this.#of.broken(error))
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#of.stopped.aborted; ) {
      const began = performance.now()
      const lost = await this.#once()
      if (this.#of.stopped.aborted) return
      failures = performance.now() - began > lasted ? 0 : failures + 1
      if (failures > 0) await sleep(Math.min(longestPause, 100 * 2 ** failures))
      if (lost === 'gone' || failures > 1 || performance.now() - this.#listed > resync) await this.#list()
    }
  }

  async #list(): Promise<void> {
    const began = performance.now()
    let silent = false
    let distrusted: number | undefined
    for (let tries = 1; ; tries++) {
      try {
        return await this.#listOnce()
      } catch (error) {
        if (this.#of.stopped.aborted) return
        if (!(error instanceof ClusterError)) throw error
        distrusted = error.distrust ? (distrusted ?? performance.now()) : undefined
        const mayBeRenewed = distrusted !== undefined && performance.now() - distrusted < trustPatience
        // 410: the list changed so much between two of its pages that it has to begin again
        if (!error.passes && !mayBeRenewed && error.status !== 410) throw error
        if (error.reason === 'TooLarge') this.#page = Math.max(leastPage, Math.floor(this.#page / 4))
        if (!silent && !error.distrust && performance.now() - began > tellSilenceAfter) {
          silent = true
          this.#of.silent(error.message)
        }
        await sleep(error.pause(tries, longestPause))
      }
    }
  }

  async #listOnce(): Promise<void> {
    const { path, selector } = this.#of
    const found = new Set<string>()
    let version = ''
    let pages = 0
    for (let next: string | undefined = ''; next !== undefined; pages++) {
      if (pages * this.#page >= mostObjects) throw new ClusterError(0, 'NoEnd', `the list of ${path} has no end`)
      const answer: Listed<T> | null = await this.#api.read(path, {
        labelSelector: selector,
        limit: this.#page,
        continue: next || undefined,
      })
      const { items, metadata }: Partial<Listed<T>> = answer ?? {}
      if (!Array.isArray(items) || !items.every((item) => typeof item === 'object' && item !== null))
        throw new ClusterError(0, 'NoList', `what ${path} answers is no list`)
      for (const item of items as readonly T[]) {
        found.add(item.metadata?.uid ?? '')
        this.#see(item)
      }
      version = metadata?.resourceVersion ?? ''
      next = metadata?.continue || undefined
    }
    for (const [uid, object] of this.#known) if (!found.has(uid)) this.#forget(object)
    this.#version = version
    this.#listed = performance.now()
  }

  /** One watch to its end. @throws ClusterError when it is forbidden */
  async #once(): Promise<Lost> {
    const over = new AbortController()
    const query = {
      labelSelector: this.#of.selector,
      resourceVersion: this.#version,
      timeoutSeconds: watchSeconds,
      allowWatchBookmarks: true,
    }
    let lost: Lost = 'ended'
    const take = ({ type, object }: Change<T>) => {
      if (type === 'ERROR') {
        lost = (object as { readonly code?: number }).code === 410 ? 'gone' : 'failed'
        return over.abort()
      }
      this.#version = object.metadata?.resourceVersion ?? this.#version
      if (type === 'DELETED') this.#forget(object)
      else if (type !== 'BOOKMARK') this.#see(object)
    }
    // a server may not keep to the time that it is given
    const late = AbortSignal.timeout((watchSeconds + 60) * 1000)
    try {
      await this.#api.watch(this.#of.path, query, AbortSignal.any([this.#of.stopped, over.signal, late]), take)
      return lost
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error
      if (error.status === 403) throw new ClusterError(403, 'Forbidden', `it may not watch ${this.#of.path}`)
      return error.status === 410 ? 'gone' : 'failed'
    }
  }

  #see(object: T): void {
    const { name, uid, labels } = object.metadata ?? {}
    this.#known.set(uid ?? '', { metadata: { name, uid, labels } } as T)
    this.#of.tell(object)
  }

  #forget(object: T): void {
    this.#known.delete(object.metadata?.uid ?? '')
    this.#of.tellGone(object)
  }
}
