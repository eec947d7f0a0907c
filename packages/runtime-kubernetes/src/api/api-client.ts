import { readFileSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIPv6 } from 'node:net'
import { bodyOf } from './bounded-body.ts'
import { ClusterError } from './cluster.ts'
import { LineReader } from './line-reader.ts'
import { noAnswer } from './no-answer.ts'

/** Connections of a driver at a time, those of its watches among them: each costs memory on both sides. */
const atOnce = 16
/** A connection on which nothing comes for so long counts as dead, in milliseconds. */
const deadAfter = 30_000

/** An answer must be complete within so many times that. */
const wholeAnswer = 4

const kept = { keepAlive: true, maxSockets: atOnce }
/** Bytes of an answer; a page of a list is the largest. */
const answerLimit = 32 * 1024 * 1024
/** Bytes of a line of a watch: one object, of which etcd takes 1.5 MiB. */
const lineLimit = 24 * 1024 * 1024
/** Bytes that are read, and characters that are kept, of what a server says of a refusal; a proxy may send a page. */
const refusalLimit = 64 * 1024
const messageLimit = 1000

/** How a program reaches an API server. */
export interface Access {
  /** Scheme, host and port. */
  readonly origin: string
  /** A folder with `token`, and `ca.crt` for https. */
  readonly account: string
  /** Milliseconds without a byte after which a connection counts as dead; four times as many for a whole answer. Default 30,000. */
  readonly deadAfter?: number
}

/**
 * How a pod reaches it (Kubernetes documentation, "Accessing the Kubernetes API from a Pod").
 *
 * @throws Error outside of a pod
 */
export function accessFromPod({ KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT }: NodeJS.ProcessEnv): Access {
  if (!KUBERNETES_SERVICE_HOST || !KUBERNETES_SERVICE_PORT)
    throw new Error('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set')
  const host = isIPv6(KUBERNETES_SERVICE_HOST) ? `[${KUBERNETES_SERVICE_HOST}]` : KUBERNETES_SERVICE_HOST
  return {
    origin: `https://${host}:${KUBERNETES_SERVICE_PORT}`,
    account: '/var/run/secrets/kubernetes.io/serviceaccount',
  }
}

export type Query = { readonly [name: string]: string | number | boolean | undefined }

/** What a watch tells: how an object changed, and what it is now. */
export interface Change<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

interface Sent {
  readonly query?: Query
  readonly apply?: object
  readonly signal?: AbortSignal
}

/**
 * An API server, asked in plain JSON. `@kubernetes/client-node` opens a connection for each request and brings classes
 * for all objects that there are: with it a driver of 300 Jobs had four times the memory, and manifests 400 kB more.
 */
export class ApiServer {
  readonly #access: Access
  readonly #secure: boolean
  #agent: http.Agent
  #authority = ''

  constructor(access: Access) {
    this.#access = access
    this.#secure = access.origin.startsWith('https:')
    this.#agent = new http.Agent(kept)
  }

  /**
   * Reads an object, or a list of them.
   *
   * @throws ClusterError
   */
  read<T>(path: string, query: Query = {}): Promise<T> {
    return this.#ask(path, { query })
  }

  /**
   * Applies an object (server-side apply) and gives what it is then.
   *
   * @throws ClusterError
   */
  apply<T>(path: string, object: object, query: Query): Promise<T> {
    return this.#ask(path, { query, apply: object })
  }

  /**
   * Tells of each change until the server ends it or `signal` does.
   *
   * @throws ClusterError when the watch is refused, or its connection breaks or dies
   */
  async watch<T>(path: string, query: Query, signal: AbortSignal, tell: (change: Change<T>) => void): Promise<void> {
    try {
      const answer = await this.#send(path, { query: { ...query, watch: true }, signal })
      const lines = new LineReader(lineLimit)
      for await (const chunk of answer as AsyncIterable<Buffer>)
        for (const line of lines.take(chunk)) if (!signal.aborted) tell(parsed<Change<T>>(line, answer))
    } catch (error) {
      if (!signal.aborted) throw told(error)
    }
  }

  async #ask<T>(path: string, sent: Sent): Promise<T> {
    const late = new AbortController()
    const within = wholeAnswer * this.#deadAfter
    const timer = setTimeout(() => late.abort(), within)
    try {
      const answer = await this.#send(path, { ...sent, signal: late.signal })
      const { text, whole } = await bodyOf(answer, answerLimit)
      if (whole) return parsed<T>(text, answer)
      throw new ClusterError(0, 'TooLarge', `the answer to ${path} has more than ${answerLimit} bytes`)
    } catch (error) {
      if (!late.signal.aborted) throw told(error)
      throw new ClusterError(0, 'NoAnswer', `no whole answer to ${path} within ${within / 1000} s`)
    } finally {
      clearTimeout(timer)
    }
  }

  get #deadAfter(): number {
    return this.#access.deadAfter ?? deadAfter
  }

  /** The connections, anew where the kubelet has renewed the certificate of the authority that the server has to show. */
  #connections(): http.Agent {
    if (!this.#secure) return this.#agent
    const ca = this.#shown('ca.crt')
    if (ca !== this.#authority) this.#agent = new https.Agent({ ...kept, ca })
    this.#authority = ca
    return this.#agent
  }

  /** What the kubelet put there for this pod, and renews. @throws ClusterError */
  #shown(name: string): string {
    try {
      return readFileSync(`${this.#access.account}/${name}`, 'utf8').trim()
    } catch (error) {
      throw new ClusterError(0, 'NoToken', `${name} of the service account can't be read: ${(error as Error).message}`)
    }
  }

  /** The answer to a request, when it is a good one. */
  #send(path: string, { query = {}, apply, signal }: Sent): Promise<IncomingMessage> {
    const { origin } = this.#access
    const timeout = this.#deadAfter
    const url = new URL(path, origin)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const token = this.#shown('token')
    if (!/^[!-~]+$/.test(token)) throw new ClusterError(0, 'NoToken', 'token of the service account is none')
    const agent = this.#connections()
    return new Promise((resolve, reject) => {
      let answered = false
      const request = (this.#secure ? https : http).request(url, {
        agent,
        timeout,
        method: apply ? 'PATCH' : 'GET',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          'user-agent': 'millrace-driver',
          ...(apply ? { 'content-type': 'application/apply-patch+yaml' } : {}),
        },
      })
      // not by the option `signal`: of an answer that was read to its end it makes an error that nobody can hear
      const stop = () => void request.destroy()
      signal?.addEventListener('abort', stop, { once: true })
      if (signal?.aborted) stop()
      request
        .on('response', (answer) => {
          answered = true
          if (answer.statusCode === 200 || answer.statusCode === 201) resolve(answer)
          else refusal(answer).then(reject, reject)
        })
        .on('timeout', () => {
          // what waits beside it for its next request may be as dead
          for (const free of Object.values(agent.freeSockets)) for (const socket of free ?? []) socket.destroy()
          request.destroy(new Error(`no answer from ${origin} for ${timeout / 1000} s`))
        })
        .on('error', reject)
        .on('close', () => {
          signal?.removeEventListener('abort', stop)
          if (!answered) reject(new Error(`${origin} closed the connection without an answer`))
        })
        .end(apply && JSON.stringify(apply))
    })
  }
}

/** What the server says of a request that it refuses: a Status, mostly. */
async function refusal(answer: IncomingMessage): Promise<ClusterError> {
  const { statusCode: code = 0, headers } = answer
  const after = Number(headers['retry-after'])
  const refused = (reason: unknown, message: unknown) =>
    new ClusterError(
      code,
      typeof reason === 'string' ? reason : `HTTP ${code}`,
      (typeof message === 'string' && message !== '' ? message : `HTTP ${code}`).slice(0, messageLimit),
      after > 0 ? after : undefined,
    )
  if (headers.location !== undefined) {
    answer.destroy()
    return refused(undefined, `HTTP ${code} to ${headers.location}: what answers is no API server`)
  }
  const { text } = await bodyOf(answer, refusalLimit)
  try {
    const { reason, message } = JSON.parse(text) as { readonly reason?: unknown; readonly message?: unknown }
    return refused(reason, message)
  } catch {
    return refused(undefined, text.trim())
  }
}

function parsed<T>(text: string, { headers }: IncomingMessage): T {
  try {
    return JSON.parse(text) as T
  } catch {
    const kind = headers['content-type'] ?? 'of no kind'
    throw new ClusterError(
      0,
      'NotJson',
      `what answers is no API server: it sent ${JSON.stringify(text.slice(0, 60))} (${kind})`,
    )
  }
}

const told = (error: unknown): ClusterError => (error instanceof ClusterError ? error : noAnswer(error))
