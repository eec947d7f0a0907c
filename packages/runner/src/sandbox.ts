import { describeError, traceOf } from '@millrace/ir'
import { StageFailure, threw } from './failure.ts'
import { guardProcess } from './guard-process.ts'
import { perStage, type StageScope, storage } from './per-stage.ts'
import { counted } from './processor-time.ts'
import { keepListener, protectListener } from './protect-listener.ts'

const running = new Set<StageScope>()

/** Runs code so that what it prints, and what it throws where nobody waits, is known to be its own. */
export const within = <T>(scope: StageScope, body: () => T): T => storage.run(scope, () => counted(scope, body))

let afterEach: (() => void) | undefined

export const started = (scope: StageScope): void => {
  running.add(scope)
}
export const ended = (scope: StageScope): void => {
  running.delete(scope)
  afterEach?.()
}

/** A lost error belongs to the attempt whose code made it; where that can't be told, to the only one that runs. */
function blame(error: unknown): boolean {
  const own = storage.getStore() ?? (running.size === 1 ? [...running][0] : undefined)
  if (!own) return running.size > 0
  if (running.has(own)) own.fail(threw(own.node, error, 'left unhandled'))
  else own.print(`[after the stage ended] ${describeError(error)}\n`)
  return true
}

const exitCalled = (node: string, what: string): StageFailure =>
  new StageFailure('exit-called', `"${node}" called ${what}`, 'Return the output to succeed, throw an error to fail.', {
    trace: traceOf(new Error()),
  })

function refuseExit(what: string): never {
  const scope = storage.getStore() as StageScope
  const failure = exitCalled(scope.node, what)
  scope.fail(failure)
  throw failure
}

/** All in one tick: a loop that prints a million lines must not put a million entries into Node's queue. */
function callSoon(scope: StageScope, done: () => void): void {
  scope.written ??= []
  if (scope.written.push(done) > 1) return
  process.nextTick(() => {
    const all = scope.written ?? []
    scope.written = undefined
    for (const one of all)
      try {
        one()
      } catch (error) {
        process.nextTick(() => {
          throw error
        })
      }
  })
}

/** A standard stream as a stage sees it: what it writes is its own, and it can't end the stream for others. */
function takeStream(stream: NodeJS.WriteStream): (() => void)[] {
  const write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const scope = storage.getStore()
    if (!scope) return Reflect.apply(stream.write, stream, [chunk, ...rest])
    if (typeof chunk === 'string') {
      const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8'
      scope.print(/^utf-?8$/i.test(encoding) ? chunk.toWellFormed() : Buffer.from(chunk, encoding).toString())
    } else scope.print(Buffer.from(chunk as Uint8Array).toString())
    finished(rest)
    return true
  }
  const finished = (given: readonly unknown[]): void => {
    const done = given.find((item) => typeof item === 'function') as (() => void) | undefined
    const scope = storage.getStore()
    if (done && scope) callSoon(scope, done)
  }
  const end = (...given: unknown[]) => {
    if (typeof given[0] === 'string' || given[0] instanceof Uint8Array) write(given[0], ...given.slice(1))
    else finished(given)
    return stream
  }
  const nothing = () => stream
  const guarded = { write, end, destroy: nothing, destroySoon: nothing, cork: nothing, uncork: nothing }
  return Object.entries(guarded).map(([key, inner]) => perStage(stream as never, key as never, () => inner as never))
}

/** Replaced by a stage, they are replaced for it alone. */
const consoleMethods = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const

/**
 * Takes over the console streams, `process.exit` and lost errors of this process while stages run in it. Code outside
 * a stage is not touched. Returns the way back.
 *
 * @param alone whether the process is there for one stage: what ends it then is its parent's to tell
 */
export function installSandbox(alone = false): () => void {
  if (users++ === 0) giveBack = take(alone)
  return () => {
    if (--users === 0) giveBack?.()
  }
}

let users = 0
let giveBack: (() => void) | undefined

function take(alone: boolean): () => void {
  const undo = [process.stdout, process.stderr].flatMap(takeStream)
  for (const key of consoleMethods) undo.push(perStage(console as never, key as never))
  const guard = guardProcess(refuseExit, alone)
  undo.push(...guard.undo)
  afterEach = guard.afterEach
  const lost = (error: unknown) => {
    if (blame(error)) return
    // not a stage's: what Node does without us
    for (const release of listeners) release()
    if (process.listenerCount('uncaughtException') > 0) process.emit('uncaughtException', error as Error)
    else
      setImmediate(() => {
        throw error
      })
  }
  const listeners = [keepListener('unhandledRejection', lost), keepListener('uncaughtException', lost)]
  undo.push(...listeners)
  return () => {
    afterEach = undefined
    for (const step of undo.reverse()) step()
  }
}

/** The way out for code that must really end the process, whatever stages run in it. */
export const outsideStage = <T>(body: () => T): T => storage.exit(body)

/**
 * Calls `stuck` when nothing is left in this process that could settle the promises of the attempts that run: no
 * timer, no socket, no child. The event loop itself says so.
 */
export const onStuck = (stuck: () => void): (() => void) => protectListener('beforeExit', stuck)

/** Fails every attempt that runs in this process, as never settled. */
export function failStuck(): void {
  // the next attempts may be stuck, too; Node emits `beforeExit` again only if something was scheduled
  if (running.size > 0) setImmediate(() => {})
  for (const scope of [...running])
    scope.fail(
      new StageFailure(
        'never-settled',
        `"${scope.node}" returned a promise that nothing can settle any more`,
        'Make sure that the promise is resolved or rejected on each way through the stage.',
      ),
    )
}
