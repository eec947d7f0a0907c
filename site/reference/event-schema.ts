import { codes, type Json } from '@millrace/ir'
import { z } from 'zod'

const json = z.unknown() as unknown as z.ZodType<Json, Json>
const count = z.int().nonnegative()
const place = z.int().positive()
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339, milliseconds, UTC.' })
const digest = z.templateLiteral(['sha256:', z.string().regex(/[0-9a-f]{64}/)])
const quantity = (description: string) =>
  z
    .templateLiteral([z.number(), z.enum(['Ki', 'Mi', 'Gi', 'Ti'])])
    .meta({ description })
    .exactOptional()

const resources = z
  .object({
    cpu: z.number().meta({ description: 'Cores.' }).exactOptional(),
    memory: quantity('Memory.'),
    disk: quantity('Scratch space.'),
    sharedMemory: quantity('Shared memory between the processes of the stage.'),
    gpu: z
      .union([count, z.object({ type: z.string(), count, vendor: z.string().exactOptional() })])
      .meta({ description: 'GPUs of any kind, or of one type.' })
      .exactOptional(),
    tpu: z.object({ type: z.string(), topology: z.string() }).meta({ description: 'A TPU slice.' }).exactOptional(),
    devices: z.record(z.string(), count).meta({ description: 'Other devices, by name.' }).exactOptional(),
    spot: z.boolean().meta({ description: 'Whether it may run on machines that can be taken away.' }).exactOptional(),
  })
  .meta({ id: 'resources', description: 'What a stage asks for.' })

const frame = z
  .object({ function: z.string().exactOptional(), file: z.string(), line: place, column: place })
  .meta({ id: 'frame', description: "A line of a stack, in a file of the author's." })

const stage = z.object({ file: z.string(), line: place, column: place.exactOptional() })
const location = z
  .object({
    pipeline: z.string().nullable().meta({ description: 'Name of the pipeline.' }),
    node: z.string().nullable().meta({ description: 'The call, as `prepare/clean.2`.' }),
    path: z.string().meta({ description: 'Field of the node: `rows[3].name`.' }).exactOptional(),
    file: z.string().meta({ description: "Absolute path of the author's file." }).exactOptional(),
    line: place.exactOptional(),
    column: place.exactOptional(),
    stage: stage.meta({ description: 'Where the stage is defined.' }).exactOptional(),
  })
  .meta({ id: 'location', description: 'Where something is wrong.' })

const stack = z.array(frame).meta({ description: "The author's frames, the innermost first." })
const diagnosticFields = {
  code: z.enum(codes).meta({ description: 'Which mistake it is: each has a page in the reference of errors.' }),
  severity: z.enum(['error', 'warning', 'notice']),
  message: z.string().meta({ description: "What is wrong, with the author's names in quotes." }),
  at: location,
  fix: z.string().meta({ description: 'One imperative sentence.' }),
  stack: stack.exactOptional(),
  causes: z
    .array(z.object({ name: z.string(), message: z.string(), stack }))
    .meta({ description: 'Of what a stage threw: its causes, the nearest first.' })
    .exactOptional(),
}
const diagnostic = z
  .object(diagnosticFields)
  .meta({ id: 'diagnostic', description: 'One thing that is wrong, in plain data.' })

const counts = z
  .object({ ran: count, cached: count, skipped: count, failed: count })
  .meta({ id: 'counts', description: 'How the calls of a run ended.' })

const common = { run: z.string().meta({ description: 'Id of the run.' }), time }
const ofStage = {
  ...common,
  node: z.string().meta({ description: 'The call, as `prepare/clean.2`.' }),
  index: z
    .array(count)
    .meta({ description: 'One number per enclosing map, outermost first; missing outside of a map.' })
    .exactOptional(),
  attempt: place.meta({ description: 'From 1.' }).exactOptional(),
}
const ofCall = { ...ofStage, key: digest.meta({ description: 'The cache key.' }).exactOptional() }
const output = json.meta({ description: 'What the stage gave, up to 4 KiB of JSON; else its digest.' })
const because = (description: string) => z.string().meta({ description })

const event = <const Name extends string, const Fields extends z.core.$ZodLooseShape>(
  name: Name,
  description: string,
  fields: Fields,
) => z.object({ event: z.literal(name), ...fields }).meta({ id: name, description })

/** One event as it is printed. */
export const eventSchema = z
  .discriminatedUnion('event', [
    event('run.started', 'A run begins, or goes on.', {
      ...common,
      pipeline: z.string().meta({ description: 'Name of the pipeline.' }),
      parameters: z.record(z.string(), json).meta({ description: 'The parameters, with defaults.' }),
      plan: z.string().meta({ description: 'Digest of what is run.' }),
      nodes: count.meta({ description: 'Calls that are known before anything ran: a map counts as one of each.' }),
    }),
    event('run.progress', 'More calls are known: the list of a map is there.', {
      ...common,
      known: count.meta({ description: 'Calls as far as is known.' }),
    }),
    event('stage.started', 'An attempt begins.', { ...ofCall, resources }),
    event('stage.succeeded', 'A call succeeded.', {
      ...ofCall,
      seconds: z.number().nonnegative().meta({ description: 'Of the attempt that succeeded.' }),
      output,
    }),
    event('stage.cached', 'The result of a call was found, and nothing is executed.', {
      ...ofCall,
      from: z.string().meta({ description: 'Id of the run that made it.' }),
      output,
    }),
    event('stage.skipped', 'A call is not needed: its `when` does not hold.', {
      ...ofStage,
      because: because('The condition.'),
    }),
    event('stage.not-run', 'A call can not be run: something that it needs failed.', {
      ...ofStage,
      because: because('The call that failed.'),
    }),
    event('stage.waiting', 'A call could run and waits for room. Told again when the reason changes.', {
      ...ofStage,
      reason: z.string().meta({ description: 'What it waits for.' }),
    }),
    event('stage.retried', 'An attempt failed, and another one follows.', {
      ...ofStage,
      cause: diagnostic,
      next: z.string().meta({ format: 'date-time', description: 'When the next attempt begins.' }),
    }),
    event('stage.failed', 'The last attempt of a call failed.', {
      ...ofCall,
      cause: diagnostic,
      log: z.string().meta({ description: 'The last 4 KiB of what it printed.' }),
    }),
    event('stage.cancelled', 'A call was cancelled.', {
      ...ofStage,
      reason: z.string().meta({ description: 'What cancelled it.' }),
    }),
    event('metric', 'A stage reported a number by `context.metric`.', {
      ...ofStage,
      name: z.string(),
      value: z.number(),
      step: z.number().exactOptional(),
    }),
    event('log', 'A stage printed a line, or called `context.log`.', {
      ...ofStage,
      level: z.enum(['debug', 'info', 'warn', 'error']),
      message: z.string(),
      data: json.meta({ description: 'Values given to `context.log`.' }).exactOptional(),
    }),
    event('notice', 'Something that the author should know, and that ends nothing.', {
      ...common,
      ...diagnosticFields,
    }),
    event('run.finished', 'The run is over: always the last event.', {
      run: z.string().nullable().meta({ description: 'Id of the run; `null` where it could not begin.' }),
      time,
      status: z.enum(['succeeded', 'failed', 'cancelled']),
      output: json.meta({ description: 'What the pipeline gave, always whole; `null` where it did not succeed.' }),
      errors: z.array(diagnostic).meta({ description: 'What went wrong.' }),
      counts,
      seconds: z.number().nonnegative(),
    }),
  ])
  .meta({ title: 'An event of a run', description: 'One line of what a program prints with --json.' })

/** As JSON Schema 2020-12. Later versions may add fields, so that it takes others. */
export const eventJsonSchema = (): object =>
  z.toJSONSchema(eventSchema, {
    io: 'input',
    override({ jsonSchema }) {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
