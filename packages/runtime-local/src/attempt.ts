import { millisecondsOf } from '@millrace/ir'
import { type Attempt, attemptFiles, callStage, type Outcome, StageFailure, startTimer } from '@millrace/runner'
import { type AttemptRequest, envOf, seedOf } from './attempt-request.ts'
import { runChildProcess } from './child-process.ts'

type Made = Outcome & { readonly inProcess: boolean }

/** @throws StageFailure */
export async function runAttempt(request: AttemptRequest): Promise<Made> {
  const { timeout } = request.options
  if (timeout === undefined) return perform(request, undefined)
  const late = new AbortController()
  // a timer that is the only thing left must not hide a promise that nothing can settle
  const stop = startTimer(millisecondsOf(timeout) ?? 0, () => late.abort(tookTooLong(request, timeout)))
  try {
    return await perform(request, late.signal)
  } finally {
    stop()
  }
}

const tookTooLong = ({ node }: AttemptRequest, timeout: string): StageFailure =>
  new StageFailure(
    'stage-timeout',
    `"${node.id}" did not end within its timeout of ${timeout}`,
    'Give it a longer timeout, or make it end sooner when context.signal is aborted.',
  )

async function perform(request: AttemptRequest, late: AbortSignal | undefined): Promise<Made> {
  if (request.options.isolate === 'process')
    return { ...(await runChildProcess(request, late ?? never)), inProcess: false }
  return { ...(await callStage(request.load(), inProcess(request, late))), inProcess: true }
}

const never = new AbortController().signal

function inProcess(request: AttemptRequest, late: AbortSignal | undefined): Attempt {
  return {
    node: request.node.id,
    input: request.input,
    files: () => attemptFiles(request.folder()).files,
    metric: request.metric,
    log: request.event,
    print: (text) => request.log.write(text),
    signal: late ? AbortSignal.any([request.cancel, late]) : request.cancel,
    giveUp: late ? AbortSignal.any([request.kill, late]) : request.kill,
    seed: seedOf(request.key),
    resources: request.share.resources,
    worker: { index: 0, count: 1 },
    env: envOf(request),
    attempt: request.attempt,
  }
}
