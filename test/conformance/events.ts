import { codes, type Diagnostic, type Event, maxEventOutput } from '@millrace/ir'
import { z } from 'zod'

const Time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const Output = z.json().refine((value) => Buffer.byteLength(JSON.stringify(value)) <= maxEventOutput, 'is not small')

const At = z.strictObject({
  pipeline: z.string().nullable(),
  node: z.string().nullable(),
  path: z.string().optional(),
  file: z.string().startsWith('/').optional(),
  line: z.int().positive().optional(),
  column: z.int().positive().optional(),
  stage: z
    .strictObject({ file: z.string().startsWith('/'), line: z.int().positive(), column: z.int().positive().optional() })
    .optional(),
})
const Stack = z.array(
  z.strictObject({
    function: z.string().min(1).optional(),
    file: z.string().startsWith('/'),
    line: z.int().positive(),
    column: z.int().positive(),
  }),
)
const Causes = z.array(z.strictObject({ name: z.string(), message: z.string(), stack: Stack }))
const diagnostic = { code: z.enum(codes), message: z.string().min(1), at: At, fix: z.string().regex(/[.…]$/) }
const Failure = z.strictObject({
  ...diagnostic,
  severity: z.literal('error'),
  stack: Stack.optional(),
  causes: Causes.optional(),
})

const run = { run: z.string().min(1), time: Time }
const stage = { ...run, node: z.string().min(1), index: z.array(z.int().nonnegative()).min(1).optional() }
const attempted = { ...stage, attempt: z.int().positive() }
const anyAttempt = { ...stage, attempt: z.int().positive().optional() }
const seconds = z.number().nonnegative()
const event = <N extends string, S extends z.core.$ZodShape>(name: N, shape: S) =>
  z.strictObject({ event: z.literal(name), ...shape })

const Counts = z.strictObject({ ran: z.int(), cached: z.int(), skipped: z.int(), failed: z.int() })

/** Contracts: events, to the letter. */
const AnyEvent = z.discriminatedUnion('event', [
  event('run.started', {
    ...run,
    pipeline: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    plan: Digest,
    nodes: z.int(),
  }),
  event('run.progress', { ...run, known: z.int().nonnegative() }),
  event('stage.started', {
    ...attempted,
    key: Digest,
    resources: z.looseObject({ cpu: z.number(), memory: z.string() }),
  }),
  event('stage.succeeded', { ...attempted, key: Digest, seconds, output: Output }),
  event('stage.cached', { ...stage, key: Digest, from: z.string(), output: Output }),
  event('stage.skipped', { ...stage, because: z.string().min(1) }),
  event('stage.not-run', { ...stage, because: z.string().min(1) }),
  event('stage.waiting', { ...anyAttempt, reason: z.string() }),
  event('stage.retried', { ...attempted, cause: Failure, next: Time }),
  event('stage.failed', { ...attempted, key: Digest, cause: Failure, log: z.string().max(maxEventOutput) }),
  event('stage.cancelled', { ...anyAttempt, reason: z.string().min(1) }),
  event('metric', { ...anyAttempt, name: z.string(), value: z.number(), step: z.int().optional() }),
  event('log', {
    ...anyAttempt,
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    data: z.json().optional(),
  }),
  event('notice', { ...run, ...diagnostic, severity: z.enum(['notice', 'warning']) }),
  event('run.finished', {
    run: z.string().nullable(),
    time: Time,
    status: z.enum(['succeeded', 'failed', 'cancelled']),
    output: z.unknown(),
    errors: z.array(Failure),
    counts: Counts,
    seconds,
  }),
])

const ends = ['stage.succeeded', 'stage.cached', 'stage.skipped', 'stage.not-run', 'stage.failed', 'stage.cancelled']

/** What one call may tell, in which order: attempts one after the other, one end, nothing after it. */
function orderOf(events: readonly Event[]): string | undefined {
  let attempt = 0
  let running = false
  let end: string | undefined
  for (const at of events) {
    if (end !== undefined) return `${at.event} after ${end}`
    const own = 'attempt' in at ? at.attempt : undefined
    if (at.event === 'stage.started') {
      if (running) return 'started twice'
      if (own !== attempt + 1) return `attempt ${own} after ${attempt}`
      attempt++
      running = true
    } else if (['stage.succeeded', 'stage.failed', 'stage.retried'].includes(at.event)) {
      // an equal call that waited for the one that failed tells no start of its own
      if (!running && at.event !== 'stage.failed') return `${at.event} without a start`
      if (running && own !== attempt) return `${at.event} of attempt ${own} in ${attempt}`
      running = false
    } else if (['stage.cached', 'stage.skipped', 'stage.not-run'].includes(at.event) && attempt > 0)
      return `${at.event} after a start`
    if (!ends.includes(at.event)) continue
    end = at.event
    running = false
  }
  return running ? 'started and never ended' : undefined
}

/** All that is wrong with the events of one run, in words. */
export function problemsOf(events: readonly Event[]): string[] {
  const problems: string[] = []
  for (const [i, at] of events.entries()) {
    const parsed = AnyEvent.safeParse(JSON.parse(JSON.stringify(at)))
    if (!parsed.success)
      problems.push(`event ${i} ${JSON.stringify(at).slice(0, 300)}: ${z.prettifyError(parsed.error)}`)
    const keys = Object.keys(at)
    if (keys[0] !== 'event' || keys[1] !== 'run' || keys[2] !== 'time') problems.push(`event ${i} begins with ${keys}`)
    if (at.run !== events[0]?.run) problems.push(`event ${i} is of run ${at.run}`)
    if (i > 0 && at.time < (events[i - 1]?.time as string)) problems.push(`event ${i} is told before ${i - 1}`)
    if ((at.event === 'run.started') !== (i === 0)) problems.push(`event ${i} is ${at.event}`)
    if ((at.event === 'run.finished') !== (i === events.length - 1)) problems.push(`event ${i} is ${at.event}`)
  }
  const calls = Map.groupBy(
    events.filter((at) => 'node' in at),
    (at) => `${at.node} ${JSON.stringify(at.index ?? [])}`,
  )
  for (const [call, own] of calls) {
    const wrong = orderOf(own)
    if (wrong) problems.push(`${call}: ${wrong}`)
  }
  const last = events.at(-1)
  if (last?.event !== 'run.finished') return [...problems, 'run.finished is missing']
  const count = (name: string) => events.filter((at) => at.event === name).length
  for (const [name, expected] of [
    ['stage.succeeded', last.counts.ran],
    ['stage.cached', last.counts.cached],
    ['stage.skipped', last.counts.skipped],
    ['stage.failed', last.counts.failed],
  ] as const)
    if (count(name) !== expected) problems.push(`${count(name)} times ${name}, and the counts say ${expected}`)
  if (last.status !== 'succeeded' && last.output !== null) problems.push(`a ${last.status} run has an output`)
  if (last.status === 'failed' && last.errors.length === 0) problems.push('a failed run has no errors')
  if (last.status === 'succeeded' && last.errors.length > 0) problems.push('a succeeded run has errors')
  return problems
}

/** What a test reads of the events: `train[2] succeeded`, in order. That one waited says only how busy a machine is. */
export const told = (events: readonly Event[]): string[] =>
  events.flatMap((at) =>
    'node' in at && at.event.startsWith('stage.') && at.event !== 'stage.waiting'
      ? [`${at.node}${at.index ? `[${at.index.join('][')}]` : ''} ${at.event.slice('stage.'.length)}`]
      : [],
  )

export const codesOf = (errors: readonly Diagnostic[]): string[] => errors.map(({ code }) => code)
