import { Writable } from 'node:stream'
import { type KubeConfig, Log } from '@kubernetes/client-node'
import type { Event } from '@millrace/ir'
import { ClusterError } from '../api/cluster.ts'
import { clusterError } from '../api/cluster-error.ts'
import { LineReader } from '../api/line-reader.ts'

/** Bytes of one event of a driver: the last one holds the whole output. */
const lineLimit = 64 * 1024 * 1024

export interface LogRead {
  readonly namespace: string
  readonly pod: string
  readonly signal: AbortSignal
  /** Lines that were read before and are left out. */
  readonly before: number
  line(event: Event | undefined): void
  /** Whether more can come; asked after each silence. A connection may have died without a word. */
  goesOn(): Promise<boolean>
  /** Milliseconds of silence. */
  readonly silence: number
}

/** Reads the log of a driver's pod as long as it lasts. @throws ClusterError where it may not be read, or is none */
export async function readDriverLog(config: KubeConfig, read: LogRead): Promise<void> {
  const { namespace, pod, signal } = read
  const reading = new AbortController()
  const stop = () => reading.abort()
  signal.addEventListener('abort', stop, { once: true })
  const lines = new DriverLines(read)
  const watching = setInterval(() => void lines.look().then((goesOn) => goesOn || stop()), read.silence)
  try {
    await new Promise<void>((resolve, reject) => {
      reading.signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) stop()
      const stream = new Writable({
        write(chunk: Buffer, _, done) {
          try {
            lines.take(chunk)
            done()
          } catch (error) {
            reject(
              new ClusterError(0, 'NoLog', `the log of the pod "${pod}" can't be read: ${(error as Error).message}`),
            )
            done()
          }
        },
        final(done) {
          done()
          resolve()
        },
        destroy(_, done) {
          done(null)
          resolve()
        },
      })
      stream.on('error', () => resolve())
      // what ends the connection, we or the network, is told of the answer's body, which only this event shows
      stream.on('pipe', (body) => body.on('error', () => resolve()))
      new Log(config).log(namespace, pod, 'driver', stream, { follow: true }).then(
        (controller) => {
          const abort = () => controller.abort()
          if (reading.signal.aborted) abort()
          else reading.signal.addEventListener('abort', abort, { once: true })
        },
        (error: unknown) => {
          const { status, message } = clusterError(error)
          if (status === 401 || status === 403)
            reject(new ClusterError(status, 'NoLog', `the log of the pod "${pod}": ${message}`))
          // it may have gone between the look and this; the next look tells
          else resolve()
        },
      )
    })
  } finally {
    clearInterval(watching)
    signal.removeEventListener('abort', stop)
    stop()
  }
}

class DriverLines {
  readonly #read: LogRead
  readonly #lines = new LineReader(lineLimit)
  #count = 0
  #silent = true

  constructor(read: LogRead) {
    this.#read = read
  }

  take(chunk: Buffer): void {
    this.#silent = false
    for (const text of this.#lines.take(chunk)) if (++this.#count > this.#read.before) this.#read.line(eventIn(text))
  }

  /** Whether it is worth waiting for more. What can't be asked now may be the next time. */
  async look(): Promise<boolean> {
    if (!this.#silent) {
      this.#silent = true
      return true
    }
    return this.#read.goesOn().catch(() => true)
  }
}

function eventIn(line: string): Event | undefined {
  try {
    const value = JSON.parse(line) as Event | null
    return typeof value?.event === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
