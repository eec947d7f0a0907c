import { AsyncLocalStorage } from 'node:async_hooks'
import { firstPlace } from '@millrace/ir'
import { StageFailure, threw } from './failure.ts'

/** What the running code of one attempt can reach without being told: the console, `process.exit`, lost errors. */
export interface Ambient {
  readonly node: string
  print(text: string): void
  /** Ends the attempt as failed, now. */
  fail(failure: StageFailure): void
}

const storage = new AsyncLocalStorage<Ambient>()
const running = new Set<Ambient>()

/** Runs code so that what it prints, and what it throws where nobody waits, is known to be its own. */
export const within = <T>(ambient: Ambient, body: () => T): T => storage.run(ambient, body)

export const started = (ambient: Ambient): void => {
  running.add(ambient)
}
export const ended = (ambient: Ambient): void => {
  running.delete(ambient)
}

/** A lost error belongs to the attempt whose code made it; where that can't be told, to the only one that runs. */
function blame(error: unknown): boolean {
  const own = storage.getStore() ?? (running.size === 1 ? [...running][0] : undefined)
  if (!own) return running.size > 0
  if (running.has(own)) own.fail(threw(own.node, error, 'left unhandled'))
  else own.print(`[after the stage ended] ${String(error)}\n`)
  return true
}

const exitCalled = (node: string, code: unknown): StageFailure =>
  new StageFailure(
    'exit-called',
    `"${node}" called process.exit(${code === undefined ? '' : String(code)})`,
    'Return the output to succeed, throw an error to fail.',
    { place: firstPlace(new Error().stack ?? '') },
  )

/**
 * Takes over the console streams, `process.exit` and lost errors of this process while stages run in it. Code outside
 * a stage is not touched. Returns the way back.
 */
export function takeOver(): () => void {
  const undo: (() => void)[] = []
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write
    const own = Object.hasOwn(stream, 'write')
    stream.write = ((chunk: unknown, ...rest: unknown[]) => {
      const ambient = storage.getStore()
      if (!ambient) return Reflect.apply(write, stream, [chunk, ...rest])
      const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8'
      ambient.print(
        typeof chunk === 'string'
          ? Buffer.from(chunk, encoding).toString()
          : Buffer.from(chunk as Uint8Array).toString(),
      )
      const done = rest.find((item) => typeof item === 'function') as ((error?: Error) => void) | undefined
      if (done) process.nextTick(done)
      return true
    }) as typeof stream.write
    undo.push(() => {
      if (own) stream.write = write
      else delete (stream as { write?: unknown }).write
    })
  }
  const exit = process.exit
  process.exit = ((code?: unknown) => {
    const ambient = storage.getStore()
    if (!ambient) return exit(code as number)
    const failure = exitCalled(ambient.node, code)
    ambient.fail(failure)
    throw failure
  }) as typeof process.exit
  undo.push(() => {
    process.exit = exit
  })
  const rejected = (error: unknown) => lost(error, 'unhandledRejection')
  const uncaught = (error: unknown) => lost(error, 'uncaughtException')
  const lost = (error: unknown, _event: string) => {
    if (blame(error)) return
    // not a stage's: what Node does without us
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', uncaught)
    if (process.listenerCount('uncaughtException') > 0) process.emit('uncaughtException', error as Error)
    else
      setImmediate(() => {
        throw error
      })
  }
  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', uncaught)
  undo.push(() => {
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', uncaught)
  })
  return () => {
    for (const step of undo.reverse()) step()
  }
}

/** The way out for code that must really end the process, whatever stages run in it. */
export const outside = <T>(body: () => T): T => storage.exit(body)

/**
 * Calls `stuck` when nothing is left in this process that could settle the promises of the attempts that run: no
 * timer, no socket, no child. The event loop itself says so.
 */
export function onStuck(stuck: () => void): () => void {
  process.on('beforeExit', stuck)
  return () => process.off('beforeExit', stuck)
}

/** Fails every attempt that runs in this process, as never settled. */
export function failStuck(): void {
  for (const ambient of [...running])
    ambient.fail(
      new StageFailure(
        'never-settled',
        `"${ambient.node}" returned a promise that nothing can settle any more`,
        'Make sure that the promise is resolved or rejected on each way through the stage.',
      ),
    )
}
