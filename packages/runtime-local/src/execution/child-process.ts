import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import {
  bitsOf,
  checkShape,
  digestBytes,
  heapLimit,
  heapWords,
  type Json,
  mapArtifacts,
  stageVariables,
} from '@millrace/ir'
import {
  attemptFiles,
  type ChildFailure,
  type ChildRequest,
  type Done,
  type Level,
  type Outcome,
  readJson,
  StageFailure,
  writeWhole,
} from '@millrace/runner'
import { makeFolder, onDisk, outputDigest, readText, rememberLarge, removeTree, storeFailed } from '@millrace/store'
import { type AttemptRequest, envOf, type Performed } from '../attempts/attempt-request.ts'
import { MetricTail } from '../attempts/metric-tail.ts'
import { killAfter, type Timeout } from '../attempts/timeout.ts'
import type { Loaded } from '../local-options.ts'
import { visibleGpus } from '../machine/gpus.ts'
import { origin } from '../origin.ts'
import { guardBegin, guardEnd, startGuard } from '../processes/guard.ts'
import { processFailure, refusedOutput } from '../processes/process-failure.ts'
import { signalGroup } from '../processes/process-group.ts'
import { startChild } from '../processes/start-child.ts'
import { endSurvivors } from '../processes/survivors.ts'
import { workerPool } from '../workers/worker-pool.ts'

const { execPath } = process

/** Runs one attempt in a process of its own, by the stage contract. */
export async function runChildProcess(request: AttemptRequest, timeout: Timeout): Promise<Performed> {
  const program = request.child()
  const { node } = request
  if (!program)
    throw new StageFailure(
      'stage-not-exported',
      `"${node.id}" runs in a process of its own, and no module exports its stage`,
      'Export the stage.',
      { retry: false },
    )
  const folder = request.folder()
  const paths = attemptFiles(folder)
  const scratch = join(folder, 'tmp')
  for (const path of [paths.files, scratch]) onDisk('create', path, () => makeFolder(path))
  onDisk('write', paths.input, () => writeWhole(paths.input, request.input))
  startGuard()
  // idle workers may still hold memory of these GPUs
  if (request.gpus.length > 0) workerPool.endIdle(({ gpus }) => request.gpus.some(({ id }) => gpus.includes(id)))
  const began = performance.now()
  const options: SpawnOptions = {
    cwd: origin().cwd,
    env: {
      ...origin().env,
      ...envOf(request),
      ...visibleGpus(request.gpus, origin().env),
      ...contract(request, paths, scratch),
      ...program.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // a group of its own, so that its own children end with it
    detached: true,
  }
  const words = [...heapWords(request.share.resources.memory), ...program.args]
  const child = await startChild(node.id, execPath, words, options, request.stop)
  timeout.start()
  const late = timeout.signal
  children.add(child)
  if (child.pid !== undefined) guardBegin(child.pid)
  const metrics = new MetricTail(node.id, paths.metrics, (metric) => request.metric(metric))
  const told = listen(child, request, metrics)
  const stop = stopper(child, request, late)
  try {
    const { code, signal } = await ended(child)
    if (late.aborted) throw late.reason
    if (request.abandon.aborted) throw request.abandon.reason
    await (told.checked ?? request.checkCode('loading'))
    return { ...(await outcome(request, code, signal, told.failure)), seconds: (performance.now() - began) / 1000 }
  } finally {
    children.delete(child)
    stop()
    signalGroup(child.pid, 'SIGKILL')
    if (child.pid !== undefined) {
      endSurvivors(request.token, child.pid, performance.now() - began)
      guardEnd(child.pid)
    }
    clear(scratch)
    metrics.close()
  }
}

/** What the stage put into TMPDIR has no use after it. */
function clear(scratch: string): void {
  try {
    removeTree(scratch)
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

function contract(
  request: AttemptRequest,
  paths: ReturnType<typeof attemptFiles>,
  scratch: string,
): Record<string, string> {
  const told: ChildRequest = {
    pipeline: request.pipeline,
    node: request.node.id,
    code: request.spec.code ?? '',
    resources: request.share.resources,
    env: Object.keys(envOf(request)),
    attempt: request.attempt,
  }
  return {
    [stageVariables.input]: paths.input,
    [stageVariables.output]: paths.output,
    [stageVariables.files]: paths.files,
    [stageVariables.metrics]: paths.metrics,
    [stageVariables.attempt]: request.token,
    [stageVariables.seed]: String(bitsOf(request.key)),
    MILLRACE_REQUEST: JSON.stringify(told),
    TMPDIR: scratch,
  }
}

interface ChildReport {
  /** What the child says over the channel of its failure, where it can't write it. */
  failure?: ChildFailure
  /** Whether it read the code that was planned. */
  checked?: Promise<void>
}

async function checked(request: AttemptRequest): Promise<void> {
  await request.checkCode('loading')
}

function listen(child: ChildProcess, request: AttemptRequest, metrics: MetricTail): Readonly<ChildReport> {
  const told: ChildReport = {}
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (chunk: Buffer) => request.log.write(decoder.write(chunk)))
  }
  child.on('message', (line: { level: Level; message: string; data?: Json } | { failure: ChildFailure } | Loaded) => {
    if ('failure' in line) {
      told.failure = line.failure
      return
    }
    if ('loaded' in line) {
      told.checked ??= checked(request)
      told.checked.catch(() => signalGroup(child.pid, 'SIGKILL'))
      return
    }
    // what it measured before stands before
    metrics.look()
    request.event(line.level, line.message, line.data)
  })
  return told
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

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise((resolve, reject) => {
    child.on('error', reject)
    let drained = 0
    let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined
    const settle = () => ended && drained >= 3 && resolve(ended)
    const drain = () => {
      drained++
      settle()
    }
    for (const stream of [child.stdout, child.stderr]) stream?.on('close', drain)
    // what it logs comes by the channel, which may be read to its end only after the exit
    child.on('disconnect', drain)
    child.on('exit', (code, signal) => {
      ended = { code, signal }
      // a grandchild may hold the pipes open for ever
      setTimeout(() => resolve({ code, signal }), 500).unref()
      settle()
    })
  })

async function outcome(
  request: AttemptRequest,
  code: number | null,
  signal: NodeJS.Signals | null,
  told: ChildFailure | undefined,
): Promise<Outcome> {
  const { node, spec } = request
  const paths = attemptFiles(request.folder())
  const failure = told ?? (readJson(paths.failure) as unknown as ChildFailure | undefined)
  if (failure) throw new ToldFailure(failure)
  const done = readJson(paths.done) as unknown as Done | undefined
  const output = readJson(paths.output)
  if (code === 0 && done && output !== undefined) {
    if (done.inputDigest === digestBytes(inputOf(paths.input))) {
      const whole = mapArtifacts(spec.output, output, (at) => {
        if (typeof at === 'string') return at
        const { path } = at as { path: string }
        return (isAbsolute(path) ? at : { ...(at as object), path: join(paths.files, path) }) as Json
      })
      // the check of the child shared its process with the stage, which may have changed what it uses
      const problem = checkShape(spec.output, output)
      if (problem !== undefined) throw refusedOutput(node.id, problem)
      if (outputDigest(spec.output, whole) === done.outputDigest) {
        if (Array.isArray(done.large))
          for (const { path, files } of done.large) rememberLarge(join(paths.files, String(path)), files)
        return { output: whole, files: done.files }
      }
    }
  }
  if (request.log.tail.includes('JavaScript heap out of memory')) throw outOfMemory(request)
  throw processFailure(node.id, code, signal, existsSync(paths.output))
}

/** As the stage left it, which may have put anything in its place. */
function inputOf(path: string): string {
  try {
    return readText(path)
  } catch (error) {
    if (existsSync(path)) throw storeFailed('read', path, error)
    return ''
  }
}

const outOfMemory = ({ node, share }: AttemptRequest): StageFailure =>
  new StageFailure(
    'process-failed',
    `the process of "${node.id}" ran out of memory: its heap may have ${heapLimit(share.resources.memory)} MiB of its ${share.resources.memory}`,
    'Give the stage more memory in its resources.',
  )

/** A failure that the child itself could tell. */
class ToldFailure extends StageFailure {
  constructor({ cause, retry }: ChildFailure) {
    const { path } = cause.at
    const { stack, causes = [] } = cause
    super(cause.code, cause.message, cause.fix, {
      retry,
      ...(path === undefined ? {} : { path }),
      ...(stack === undefined ? {} : { trace: { stack, causes } }),
    })
  }
}
