import { bitsOf, type Json, type Level, type Metric } from '@millrace/ir'
import { type Attempt, attemptFiles, callStage, type Exit, type FilledCommand } from '@millrace/runner'
import { type AttemptRequest, envOf, type Performed } from '../attempts/attempt-request.ts'
import { CallMeter } from '../attempts/call-meter.ts'
import { Timeout } from '../attempts/timeout.ts'
import { showGpus } from '../machine/hidden-gpus.ts'
import { runInWorker } from '../workers/worker-attempt.ts'
import { runProcess } from './attempt-process.ts'
import { runChildProcess } from './child-process.ts'

/** @throws StageFailure; Unloadable */
export async function runAttempt(request: AttemptRequest): Promise<Performed> {
  const timeout = new Timeout(request)
  const { place } = request
  try {
    if (place === 'process') return await runChildProcess(request, timeout)
    if ('program' in place) return await runInWorker(request, place, timeout)
    const meter = new CallMeter(request.load())
    const hide = request.gpus.length > 0 ? showGpus() : undefined
    try {
      const { stage } = meter
      const attempt = stage.process ? byProcess(request, timeout) : inProcess(request, timeout)
      const outcome = await callStage(stage, attempt)
      return { ...outcome, seconds: meter.seconds }
    } finally {
      hide?.()
      place.took?.(meter)
    }
  } finally {
    timeout.stop()
  }
}

const told = (request: AttemptRequest) => ({
  node: request.node.id,
  input: request.input,
  files: () => attemptFiles(request.folder()).files,
  metric: (metric: Metric) => request.metric(metric),
  log: (level: Level, message: string, data?: Json) => request.event(level, message, data),
  print: (text: string) => request.log.write(text),
  seed: bitsOf(request.key),
  resources: request.share.resources,
  worker: { index: 0, count: 1 },
  env: envOf(request),
  attempt: request.attempt,
})

function inProcess(request: AttemptRequest, timeout: Timeout): Attempt {
  const at = timeout.start()
  const within = (signal: AbortSignal) => (timeout.limited ? AbortSignal.any([signal, timeout.signal]) : signal)
  return {
    ...told(request),
    signal: within(request.stop),
    abandon: within(request.abandon),
    ...(timeout.limited ? { deadline: { at, failure: timeout.failure } } : {}),
  }
}

/** Not left before its process has ended, which hears of timeout and cancel itself. */
const byProcess = (request: AttemptRequest, timeout: Timeout): Attempt => ({
  ...told(request),
  signal: request.stop,
  abandon: new AbortController().signal,
  process: (command) => runCommandProcess(request, timeout, command),
})

/** The process of a stage that is no function: its own, as a child of ours would be. */
function runCommandProcess(
  request: AttemptRequest,
  timeout: Timeout,
  { words, lines, env, cwd }: FilledCommand,
): Promise<Exit> {
  const [command = '', ...more] = words
  const told = lines && {
    path: lines.path,
    tell(text: string) {
      const line = lines.read(text)
      if (line) request.event(line.level, line.message, line.data)
    },
  }
  return runProcess(request, timeout, {
    command,
    words: more,
    env: env ?? {},
    ...(cwd === undefined ? {} : { cwd }),
    ...(told ? { lines: told } : {}),
  })
}
