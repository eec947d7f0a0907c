import { millisecondsOf } from '@millrace/ir'
import { type Attempt, callStage, type Outcome, StageFailure } from '@millrace/runner'
import { type AttemptRequest, envOf, seedOf } from './attempt-request.ts'
import { runChildProcess } from './child-process.ts'

/** @throws StageFailure */
export async function runAttempt(request: AttemptRequest): Promise<Outcome & { readonly inProcess: boolean }> {
  const timeout = request.options.timeout === undefined ? undefined : millisecondsOf(request.options.timeout)
  const late = new AbortController()
  const failure = new StageFailure(
    'stage-timeout',
    `"${request.node.id}" did not end within its timeout of ${request.options.timeout}`,
    'Give it a longer timeout, or make it end sooner when context.signal is aborted.',
  )
  const timer = timeout === undefined ? undefined : setTimeout(() => late.abort(failure), timeout)
  // a timer that is the only thing left must not hide a promise that nothing can settle
  timer?.unref()
  try {
    if (request.options.isolate === 'process') {
      const outcome = await runChildProcess(request, late.signal)
      return { ...outcome, inProcess: false }
    }
    const outcome = await callStage(request.load(), inProcess(request, late.signal))
    return { ...outcome, inProcess: true }
  } finally {
    clearTimeout(timer)
  }
}

function inProcess(request: AttemptRequest, late: AbortSignal): Attempt {
  return {
    node: request.node.id,
    input: request.input,
    files: () => `${request.folder()}/files`,
    metric: request.metric,
    log: request.event,
    print: (text) => request.log.write(text),
    signal: AbortSignal.any([request.cancel, late]),
    giveUp: AbortSignal.any([request.kill, late]),
    seed: seedOf(request.key),
    resources: request.share.resources,
    worker: { index: 0, count: 1 },
    env: envOf(request.spec),
    attempt: request.attempt,
  }
}
