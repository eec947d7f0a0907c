import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { checkShape, digestBytes, heapLimit, heapWords, type Json, type Level, mapArtifacts } from '@millrace/ir'
import {
  attemptFiles,
  type ChildFailure,
  type ChildRequest,
  type Done,
  type Exit,
  type Outcome,
  processFailure,
  readJson,
  StageFailure,
  writeWhole,
} from '@millrace/runner'
import { onDisk, outputDigest, readText, rememberLarge, storeFailed } from '@millrace/store'
import { type AttemptRequest, envOf, type Performed } from '../attempts/attempt-request.ts'
import type { Timeout } from '../attempts/timeout.ts'
import type { Loaded } from '../local-options.ts'
import { refusedOutput } from '../processes/refused-output.ts'
import { runProcess } from './attempt-process.ts'

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
  const { input } = attemptFiles(request.folder())
  onDisk('write', input, () => writeWhole(input, request.input))
  const told: ChildReport = {}
  const began = performance.now()
  const exit = await runProcess(request, timeout, {
    command: execPath,
    words: [...heapWords(request.share.resources.memory), ...program.args],
    env: { MILLRACE_REQUEST: JSON.stringify(requestOf(request)), ...program.env },
    hear: (message, end) => hear(message as Message, { request, told, end }),
  })
  await (told.checked ?? request.checkCode('loading'))
  return { ...(await outcome(request, exit, told.failure)), seconds: (performance.now() - began) / 1000 }
}

function requestOf(request: AttemptRequest): ChildRequest {
  return {
    pipeline: request.pipeline,
    node: request.node.id,
    code: request.spec.code ?? '',
    resources: request.share.resources,
    env: Object.keys(envOf(request)),
    attempt: request.attempt,
  }
}

interface ChildReport {
  /** What the child says over the channel of its failure, where it can't write it. */
  failure?: ChildFailure
  /** Whether it read the code that was planned. */
  checked?: Promise<void>
}

type Message = { level: Level; message: string; data?: Json } | { failure: ChildFailure } | Loaded

interface Listener {
  readonly request: AttemptRequest
  readonly told: ChildReport
  end(): void
}

function hear(line: Message, { request, told, end }: Listener): void {
  if ('failure' in line) told.failure = line.failure
  else if ('loaded' in line) {
    told.checked ??= checked(request)
    told.checked.catch(end)
  } else request.event(line.level, line.message, line.data)
}

async function checked(request: AttemptRequest): Promise<void> {
  await request.checkCode('loading')
}

async function outcome(request: AttemptRequest, exit: Exit, told: ChildFailure | undefined): Promise<Outcome> {
  const { node, spec } = request
  const paths = attemptFiles(request.folder())
  const failure = told ?? (readJson(paths.failure) as unknown as ChildFailure | undefined)
  if (failure) throw new ToldFailure(failure)
  const done = readJson(paths.done) as unknown as Done | undefined
  const output = readJson(paths.output)
  if (exit.code === 0 && done && output !== undefined) {
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
  throw processFailure(node.id, exit, existsSync(paths.output))
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
