import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { bitsOf, killAfter, metricIn, stageVariables } from '@millrace/ir'
import { attemptFiles, contractVariables, type Exit } from '@millrace/runner'
import { dropTree, makeFolder, onDisk } from '@millrace/store'
import { type AttemptRequest, envOf } from '../attempts/attempt-request.ts'
import { LineTail } from '../attempts/line-tail.ts'
import type { Timeout } from '../attempts/timeout.ts'
import { visibleGpus } from '../machine/gpus.ts'
import { origin } from '../origin.ts'
import { guardBegin, guardEnd, startGuard } from '../processes/guard.ts'
import { signalGroup } from '../processes/process-group.ts'
import { startChild } from '../processes/start-child.ts'
import { endSurvivors } from '../processes/survivors.ts'
import { workerPool } from '../workers/worker-pool.ts'

/** A process that does the work of an attempt, with what is heard of it while it runs. */
export interface AttemptProcess {
  readonly command: string
  readonly words: readonly string[]
  /** Besides what the contract gives every stage. */
  readonly env: { readonly [name: string]: string }
  /** Default: where the program was started. */
  readonly cwd?: string
  /**
   * What it says over its channel; missing for one that has none.
   *
   * @param end ends it at once
   */
  hear?(message: unknown, end: () => void): void
  /** A line of a file that it appends to, besides its metrics. */
  readonly lines?: { readonly path: string; tell(line: string): void }
}

/**
 * Runs the process of an attempt by the stage contract, from its start to the end of all that it started: its prints
 * are the attempt's log, its metrics are told while it runs.
 *
 * @throws StageFailure where it can't be started; what ended it, where that was the timeout or the run's end
 */
export async function runProcess(request: AttemptRequest, timeout: Timeout, work: AttemptProcess): Promise<Exit> {
  const { node } = request
  const paths = attemptFiles(request.folder())
  const scratch = join(request.folder(), 'tmp')
  for (const path of [paths.files, scratch]) onDisk('create', path, () => makeFolder(path))
  startGuard()
  // idle workers may still hold memory of these GPUs
  if (request.gpus.length > 0) workerPool.endIdle(({ gpus }) => request.gpus.some(({ id }) => gpus.includes(id)))
  const began = performance.now()
  const options: SpawnOptions = {
    cwd: work.cwd ?? origin().cwd,
    env: {
      ...origin().env,
      ...envOf(request),
      ...visibleGpus(request.gpus, origin().env),
      ...contractVariables(paths, bitsOf(request.key)),
      [stageVariables.attempt]: request.token,
      TMPDIR: scratch,
      ...work.env,
    },
    stdio: work.hear ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    // a group of its own, so that its own children end with it
    detached: true,
  }
  await turn()
  const child = await startChild(node.id, work.command, work.words, options, request.stop)
  timeout.start()
  const late = timeout.signal
  children.add(child)
  if (child.pid !== undefined) guardBegin(child.pid)
  const tails = tailsOf(request, paths.metrics, work)
  listen(child, request, tails, work)
  const stop = stopper(child, request, late)
  try {
    const exit = await ended(child)
    if (late.aborted) throw late.reason
    if (request.abandon.aborted) throw request.abandon.reason
    return exit
  } finally {
    children.delete(child)
    stop()
    signalGroup(child.pid, 'SIGKILL')
    if (child.pid !== undefined) {
      endSurvivors(request.token, child.pid, performance.now() - began)
      guardEnd(child.pid)
    }
    await clear(scratch)
    for (const tail of tails) tail.close()
  }
}

/** Milliseconds. */
const lookEvery = 20

let turns: Promise<void> = Promise.resolve()

/** To start a process takes this one some milliseconds: between two of them others have their turn. */
function turn(): Promise<void> {
  turns = nextTurn(turns)
  return turns
}

async function nextTurn(before: Promise<void>): Promise<void> {
  await before
  await new Promise((resolve) => setImmediate(resolve))
}

/** What the stage put into TMPDIR has no use after it. */
async function clear(scratch: string): Promise<void> {
  try {
    await dropTree(scratch)
  } catch {
    // a process that got away from us may still write there
  }
}

const children = new Set<ChildProcess>()

export const anyChildren = (): boolean => children.size > 0

/** Ends every child at once, for a process that must end now. */
export const killChildren = (): void => {
  for (const child of children) signalGroup(child.pid, 'SIGKILL')
}

function tailsOf(request: AttemptRequest, metrics: string, { lines }: AttemptProcess): readonly LineTail[] {
  const { id } = request.node
  const tellMetric = (line: string) => {
    const metric = metricIn(line)
    if (metric) request.metric(metric)
  }
  const tails = [new LineTail(id, metrics, tellMetric)]
  if (lines) tails.push(new LineTail(id, lines.path, (line) => lines.tell(line)))
  return tails
}

function listen(
  child: ChildProcess,
  request: AttemptRequest,
  tails: readonly LineTail[],
  { hear, lines }: AttemptProcess,
): void {
  let looked = 0
  /** What it logged before it printed stands before, as far as looking now and then can tell. */
  const look = (all: readonly LineTail[]) => {
    const now = performance.now()
    if (now - looked < lookEvery) return
    looked = now
    for (const tail of all) tail.look()
  }
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (chunk: Buffer) => {
      if (lines) look(tails)
      request.log.write(decoder.write(chunk))
    })
  }
  if (!hear) return
  child.on('message', (message) => {
    // what it measured before stands before
    for (const tail of tails) tail.look()
    hear(message, () => signalGroup(child.pid, 'SIGKILL'))
  })
}

function stopper(child: ChildProcess, request: AttemptRequest, late: AbortSignal): () => void {
  const soft = () => {
    if (child.connected) child.send('stop', () => {})
    signalGroup(child.pid, 'SIGTERM')
  }
  const hard = () => signalGroup(child.pid, 'SIGKILL')
  let timer: NodeJS.Timeout | undefined
  const onLate = () => {
    soft()
    timer = setTimeout(hard, killAfter)
  }
  request.stop.addEventListener('abort', soft, { once: true })
  request.abandon.addEventListener('abort', hard, { once: true })
  late.addEventListener('abort', onLate, { once: true })
  if (request.stop.aborted) soft()
  return () => {
    clearTimeout(timer)
    request.stop.removeEventListener('abort', soft)
    request.abandon.removeEventListener('abort', hard)
    late.removeEventListener('abort', onLate)
  }
}

const ended = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.on('error', reject)
    let open = 2 + (child.channel ? 1 : 0)
    let exit: Exit | undefined
    const settle = () => exit && open <= 0 && resolve(exit)
    const drain = () => {
      open--
      settle()
    }
    for (const stream of [child.stdout, child.stderr]) stream?.on('close', drain)
    // what it logs comes by the channel, which may be read to its end only after the exit
    if (child.channel) child.on('disconnect', drain)
    child.on('exit', (code, signal) => {
      exit = { code, signal }
      // a grandchild may hold the pipes open for ever
      setTimeout(() => resolve({ code, signal }), 500).unref()
      settle()
    })
  })
