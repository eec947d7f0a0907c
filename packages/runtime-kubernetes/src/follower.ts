import { type KubeConfig, Watch } from '@kubernetes/client-node'
import { clusterError } from './cluster-error.ts'
import { sleep } from './sleep.ts'

/** Seconds after which the API server ends a watch; a little later we give it up ourselves. */
const watchSeconds = 240
const pageSize = 500

interface Page {
  readonly limit: number
  readonly _continue?: string
}

interface Listed<T> {
  readonly items: T[]
  readonly metadata?: { readonly resourceVersion?: string; readonly _continue?: string }
}

interface Named {
  readonly metadata?: { readonly name?: string; readonly uid?: string; readonly resourceVersion?: string }
}

export interface Following<T> {
  /** Of the collection, under the API server. */
  readonly path: string
  readonly selector: string
  list(page: Page): Promise<Listed<T>>
  tell(object: T): void
  tellGone(object: T): void
  readonly stopped: AbortSignal
}

/** Lists, then watches; lists again where the watch lost its place. */
export class Follower<T extends Named> {
  readonly #watch: Watch
  readonly #of: Following<T>
  readonly #known = new Map<string, T>()
  #version = ''

  constructor(config: KubeConfig, following: Following<T>) {
    this.#watch = new Watch(config)
    this.#of = following
  }

  /** Resolves when all that is there was told. */
  async start(): Promise<void> {
    await this.#list()
    void this.#follow()
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#of.stopped.aborted; ) {
      const lost = await this.#once()
      if (this.#of.stopped.aborted) return
      failures = lost === 'ended' ? 0 : failures + 1
      if (failures > 0) await sleep(Math.min(5000, 100 * 2 ** failures))
      if (lost === 'gone') await this.#list()
    }
  }

  async #list(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#listOnce()
      } catch (error) {
        const told = clusterError(error)
        if (this.#of.stopped.aborted) return
        if (!told.passes) throw told
        await sleep(Math.min(5000, (told.retryAfter ?? 0) * 1000 || 100 * 2 ** tries))
      }
    }
  }

  async #listOnce(): Promise<void> {
    const found = new Map<string, T>()
    let version = ''
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { items, metadata }: Listed<T> = await this.#of.list({
        limit: pageSize,
        ...(next ? { _continue: next } : {}),
      })
      for (const item of items) found.set(item.metadata?.uid ?? '', item)
      version = metadata?.resourceVersion ?? ''
      next = metadata?._continue || undefined
    }
    for (const [uid, object] of this.#known) if (!found.has(uid)) this.#forget(object)
    for (const object of found.values()) this.#see(object)
    this.#version = version
  }

  /** One watch to its end. */
  #once(): Promise<'ended' | 'failed' | 'gone'> {
    return new Promise((resolve) => {
      let over = false
      const abort = new AbortController()
      const end = (how: 'ended' | 'failed' | 'gone') => {
        if (over) return
        over = true
        clearTimeout(timer)
        this.#of.stopped.removeEventListener('abort', stop)
        abort.abort()
        resolve(how)
      }
      const stop = () => end('ended')
      // a connection that died without a word
      const timer = setTimeout(() => end('failed'), (watchSeconds + 15) * 1000)
      this.#of.stopped.addEventListener('abort', stop, { once: true })
      const query = {
        labelSelector: this.#of.selector,
        resourceVersion: this.#version,
        timeoutSeconds: watchSeconds,
        allowWatchBookmarks: true,
      }
      this.#watch
        .watch(
          this.#of.path,
          query,
          (phase, object: T) => {
            if (over) return
            if (phase === 'ERROR') return end((object as { readonly code?: number }).code === 410 ? 'gone' : 'failed')
            this.#version = object.metadata?.resourceVersion ?? this.#version
            if (phase === 'DELETED') this.#forget(object)
            else if (phase !== 'BOOKMARK') this.#see(object)
          },
          (error) => end(error ? (String(error).includes('410') ? 'gone' : 'failed') : 'ended'),
        )
        .then((controller) => {
          if (over) controller.abort()
          else abort.signal.addEventListener('abort', () => controller.abort(), { once: true })
        })
        .catch((error: unknown) => end(clusterError(error).status === 410 ? 'gone' : 'failed'))
    })
  }

  #see(object: T): void {
    this.#known.set(object.metadata?.uid ?? '', { metadata: { ...object.metadata } } as T)
    this.#of.tell(object)
  }

  #forget(object: T): void {
    this.#known.delete(object.metadata?.uid ?? '')
    this.#of.tellGone(object)
  }
}
