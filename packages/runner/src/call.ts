import {
  canonical,
  copy,
  describeError,
  inOrder,
  type Json,
  type JsonObject,
  outputLimit,
  showPath,
  tellIssues,
  toJson,
} from '@millrace/ir'
import { Artifacts } from './artifacts.ts'
import { StageFailure, threw } from './failure.ts'
import type { Finding } from './kind.ts'
import type { StageScope } from './per-stage.ts'
import { ended, started, within } from './sandbox.ts'
import type { Attempt, LoadedStage, Outcome, Parser } from './stage.ts'

/**
 * Calls a stage with the whole contract around it: parses the input, runs the function, settles its artifacts, parses
 * and checks the output.
 *
 * @throws StageFailure with the cause; `abandon` aborting rejects with its reason
 */
export const callStage = (stage: LoadedStage, attempt: Attempt): Promise<Outcome> =>
  asStage(attempt, () => perform(stage, attempt))

/** Does what is known to be a stage's own: what it prints, ends or leaves unhandled is the attempt's. */
export async function asStage<T>(
  { node, print, abandon }: Pick<Attempt, 'node' | 'print' | 'abandon'>,
  work: (scope: Readonly<StageScope>) => Promise<T>,
): Promise<T> {
  if (abandon.aborted) throw abandon.reason
  const { resolve, reject, promise } = settleable<T>()
  const scope: StageScope = { node, print, fail: reject }
  const abort = () => reject(abandon.reason)
  abandon.addEventListener('abort', abort, { once: true })
  started(scope)
  try {
    void settleBy(() => within(scope, () => work(scope)), resolve, reject)
    return await promise
  } finally {
    ended(scope)
    abandon.removeEventListener('abort', abort)
  }
}

function settleable<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Awaited, a promise needs no `then` that a stage might have replaced. */
async function settleBy<T>(
  work: () => Promise<T>,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): Promise<void> {
  try {
    resolve(await work())
  } catch (error) {
    reject(error)
  }
}

/** What callStage does, for a caller in asStage. All errors in it come from the author's code or values. */
export async function perform(stage: LoadedStage, attempt: Attempt): Promise<Outcome> {
  const { node } = attempt
  const artifacts = new Artifacts(node, () => attempt.files(), attempt.input, stage.assets?.())
  let returned: unknown
  let finding: Finding | undefined
  try {
    const input = await parse(
      stage.input,
      inOrder(attempt.input),
      (text, path) =>
        new StageFailure(
          'invalid-input',
          `"${node}" got an input that its schema refuses: ${text}`,
          'Correct what is wired into the field, or the schema.',
          { retry: false, path },
        ),
    )
    if (stage.process) {
      const given = await stage.process.run(attempt, jsonOf(node, input), artifacts)
      returned = given.output
      finding = given.finding
    } else {
      returned = await stage.run(input, contextOf(attempt, artifacts))
      // a rejection that nobody waits for is told of one turn later
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    throw threw(node, error)
  }
  inTime(attempt)
  try {
    const outcome = await outcomeOf(stage, attempt, artifacts, returned)
    return finding ? { ...outcome, finding } : outcome
  } catch (error) {
    throw threw(node, error)
  }
}

async function outcomeOf(
  stage: LoadedStage,
  { node }: Attempt,
  artifacts: Artifacts,
  returned: unknown,
): Promise<Outcome> {
  const settled = await artifacts.settle(returned)
  const parsed = await parse(
    stage.output,
    settled,
    (text, path) =>
      new StageFailure(
        'invalid-output',
        `"${node}" returned what its output schema refuses: ${text}`,
        'Return what the output schema says, or correct the schema.',
        { retry: false, path },
      ),
  )
  const output = await artifacts.check(stage.outputSchema, jsonOf(node, parsed))
  const text = textOf(output)
  const size = text === undefined ? Number.POSITIVE_INFINITY : Buffer.byteLength(text)
  if (size > outputLimit)
    throw new StageFailure(
      'output-too-large',
      `"${node}" returned ${Number.isFinite(size) ? Math.ceil(size / 1024) : `more than ${exactLimit / 1024}`} KiB of JSON; the limit is ${outputLimit / 1024} KiB`,
      'Write the large part with context.file() and give file() in the output schema.',
      { retry: false },
    )
  return { output, text, files: artifacts.written }
}

/** Refuses an output that came after a stop or the timeout: it may be incomplete. */
function inTime({ signal, deadline }: Attempt): void {
  if (signal.aborted) throw signal.reason
  // one that keeps the event loop busy hears no timer
  if (deadline && performance.now() >= deadline.at) throw deadline.failure
}

/** Its canonical JSON; undefined for what is very large. */
const textOf = (output: Json): string | undefined =>
  textWithin(output, exactLimit) < 0 ? undefined : canonical(output)

const exactLimit = 64 * outputLimit

/** How many characters more a value's texts may have; less than none ends the look. */
function textWithin(value: Json, left: number): number {
  if (typeof value === 'string') return left - value.length
  if (typeof value !== 'object' || value === null) return left - 1
  if (Array.isArray(value)) for (let i = 0; i < value.length && left >= 0; i++) left = textWithin(value[i], left)
  else
    for (const key in value) left = left < 0 ? left : textWithin((value as JsonObject)[key] as Json, left - key.length)
  return left
}

async function parse(
  parser: Parser,
  value: unknown,
  failure: (text: string, path: string) => StageFailure,
): Promise<unknown> {
  let result: Awaited<ReturnType<Parser['safeParseAsync']>>
  try {
    // not safeParse first: what is async in a schema would only be known after its transforms have run
    result = await parser.safeParseAsync(value, { reportInput: true })
  } catch (error) {
    throw failure(messageOf(error), '')
  }
  if (result.success) return result.data
  const { text, path } = tellIssues(result.error.issues)
  throw failure(text, path)
}

/** Of what a check of the author's threw. */
function messageOf(error: unknown): string {
  try {
    return String((error as Error)?.message ?? error)
  } catch {
    return describeError(error)
  }
}

function jsonOf(node: string, value: unknown): Json {
  const result = toJson(value)
  if ('json' in result) return result.json
  const { path, reason } = result.problem
  throw new StageFailure(
    'invalid-output',
    `"${node}" returned a value in which ${path.length > 0 ? `"${showPath(path)}"` : 'the whole'} ${reason}, which JSON can't carry`,
    'Return a value that JSON can carry.',
    { retry: false, path: showPath(path) },
  )
}

/** The author's Context (its type lives in the SDK). */
function contextOf(attempt: Attempt, artifacts: Artifacts): object {
  const { signal, seed, resources, worker, env } = attempt
  let own: AbortSignal | undefined
  return {
    file: (name: unknown) => artifacts.draft('file', name),
    folder: (name: unknown) => artifacts.draft('folder', name),
    metric(name: unknown, value: unknown, step?: unknown) {
      if (typeof name !== 'string' || typeof value !== 'number' || !Number.isFinite(value))
        throw new TypeError(
          `context.metric(${describeError(name)}, ${describeError(value)}): give a name and a finite number`,
        )
      if (step !== undefined && !Number.isSafeInteger(step))
        throw new TypeError('context.metric: step is a whole number')
      const time = new Date().toISOString()
      attempt.metric({ name, value, ...(step === undefined ? {} : { step: step as number }), time })
    },
    log(message: unknown, data?: unknown) {
      const json = data === undefined ? undefined : toJson(data)
      attempt.log('info', String(message), json && ('json' in json ? json.json : describeError(data)))
    },
    // its own: what it does to it must not reach others
    get signal() {
      own ??= AbortSignal.any([signal])
      return own
    },
    seed,
    resources: copy(resources as Json),
    worker: { ...worker },
    env,
    attempt: attempt.attempt,
  }
}
