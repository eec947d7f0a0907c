import { bitsOf } from '@millrace/ir'
import { type Attempt, attemptFiles, callStage } from '@millrace/runner'
import { type AttemptRequest, envOf, type Performed } from '../attempts/attempt-request.ts'
import { CallMeter } from '../attempts/call-meter.ts'
import { Timeout } from '../attempts/timeout.ts'
import { showGpus } from '../machine/hidden-gpus.ts'
import { runInWorker } from '../workers/worker-attempt.ts'
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
      const outcome = await callStage(meter.stage, inProcess(request, timeout))
      return { ...outcome, seconds: meter.seconds }
    } finally {
      hide?.()
      place.took?.(meter)
    }
  } finally {
    timeout.stop()
  }
}

function inProcess(request: AttemptRequest, timeout: Timeout): Attempt {
  const at = timeout.start()
  const within = (signal: AbortSignal) => (timeout.limited ? AbortSignal.any([signal, timeout.signal]) : signal)
  return {
    node: request.node.id,
    input: request.input,
    files: () => attemptFiles(request.folder()).files,
    metric: (metric) => request.metric(metric),
    log: (level, message, data) => request.event(level, message, data),
    print: (text) => request.log.write(text),
    signal: within(request.stop),
    abandon: within(request.abandon),
    ...(timeout.limited ? { deadline: { at, failure: timeout.failure } } : {}),
    seed: bitsOf(request.key),
    resources: request.share.resources,
    worker: { index: 0, count: 1 },
    env: envOf(request),
    attempt: request.attempt,
  }
}
