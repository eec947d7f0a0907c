import {
  capture,
  type Diagnostic,
  type DiagnosticLocation,
  fail,
  type Node,
  namePattern,
  type SourceLocation,
  type StageCode,
  takenNames,
} from '@millrace/ir'
import type { z } from 'zod'
import { bind } from './bind.ts'
import type { Context } from './context.ts'
import { type Definition, define, type StageDefinition } from './definition.ts'
import { type EnvReference, readEnv } from './environment.ts'
import type { Args, NoInputs, Ref, Shape } from './infer.ts'
import { type CallOverrides, dropUndefined, type Overrides, readOptions, withDefaults } from './options.ts'
import type { WordOwner } from './read-words.ts'
import { makeRef, refState } from './ref.ts'
import { schemaOf } from './schema.ts'
import { atHere, currentTrace, nextId, type Trace } from './scope.ts'

/** A stage: called inside a pipeline's build it becomes a node of the graph and gives a ref to its output. */
export interface Stage<I extends Shape, O extends Shape> {
  (...args: Args<z.input<I>>): Ref<z.output<O>>
  /** The same stage with other options for one call. */
  with(overrides: CallOverrides): (...args: Args<z.input<I>>) => Ref<z.output<O>>
  /** As it was given to `stage()`. */
  readonly name: string
  /** Schema of the input. */
  readonly input: I
  /** Schema of the output. */
  readonly output: O
}

/** A stage whose function is TypeScript. */
export interface TypedStage<I extends Shape, O extends Shape> extends Stage<I, O> {
  /** The plain function, for tests; `runStage` runs the whole contract. */
  run(input: z.output<I>, context: Context): z.input<O> | Promise<z.input<O>>
}

type Env = Readonly<Record<string, string | EnvReference>>

/** What every kind of stage is defined by. */
export interface Base<I, O> extends Overrides {
  /** What it takes: a zod object. */
  readonly input: I
  /** What it gives: a zod object. */
  readonly output: O
  /** Its variables: texts, `inherit()`, `secret()`. Default none. */
  readonly env?: Env | undefined
}

/** What a stage in TypeScript is defined by. */
interface StageSettings<I extends Shape, O extends Shape> extends Base<I, O> {
  /** The function: takes what the input schema gives, returns what the output schema takes. */
  run(input: z.output<I>, context: Context): NoInfer<z.input<O> | Promise<z.input<O>>>
}

/**
 * Defines a stage: a typed function that knows nothing of other stages.
 *
 * @param name 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end; unique within a pipeline; `driver` is
 *   taken
 * @param options its input and output as zod objects, its function, and what it needs. A wrong name, option or schema
 *   is reported by the pipelines that call the stage.
 */
export function stage<I extends Shape, O extends Shape>(name: string, options: StageSettings<I, O>): TypedStage<I, O> {
  return makeStage('typescript', () => ({ kind: 'typescript' }), name, options, capture(stage)) as TypedStage<I, O>
}

/** A stage of any kind, for who adds one: a list of kinds is given to compiler and runner. */
export const stageOf = <I extends Shape, O extends Shape>(
  code: StageCode,
  name: string,
  options: Base<I, O>,
): Stage<I, O> => makeStage(code.kind, () => code, name, options, capture(stageOf))

/** What the options of one kind are read with. */
export interface Defining {
  readonly owner: WordOwner
  /** What is wrong with the definition. */
  readonly problems: Diagnostic[]
  /** Adds a `bad-option`. */
  wrong(message: string, path: string, fix: string): void
}

/** @param codeOf reads what it runs from the options, once their schemas are known */
export function makeStage<I extends Shape, O extends Shape>(
  kind: StageCode['kind'],
  codeOf: (defining: Defining) => StageCode,
  name: string,
  options: Base<I, O> & { run?: (input: z.output<I>, context: Context) => unknown },
  place: () => SourceLocation,
): Stage<I, O> {
  const what = `stage "${name}"`
  const at = (): DiagnosticLocation => ({ pipeline: null, node: name, ...place() })
  const problems: Diagnostic[] = checkName('stage', name, at)
  const owner = {
    what,
    get at() {
      return at()
    },
    pure: false,
    of: kind,
  }
  // a program in JavaScript may leave them out
  const given = (options ?? {}) as typeof options
  const { options: read, problems: wrong } = readOptions(given, owner)
  const input = schemaOf(given.input, 'input', owner)
  const output = schemaOf(given.output, 'output', owner)
  problems.push(...wrong, ...input.problems, ...output.problems)
  if (kind === 'typescript' && typeof given.run !== 'function')
    problems.push(badOption(`${what} has no function run`, 'run', at(), 'Give run: (input, context) => output.'))
  const { env, problems: wrongEnv } = readEnv(given.env, (message, path, fix) =>
    badOption(`${what}: ${message}`, path, at(), fix),
  )
  problems.push(...wrongEnv)
  const code = codeOf({
    owner: { name, input: input.schema, output: output.schema, at },
    problems,
    wrong: (message, path, fix) => problems.push(badOption(`${what}: ${message}`, path, at(), fix)),
  })
  const definition: StageDefinition = {
    type: 'stage',
    self: stage,
    code,
    name,
    input: given.input,
    output: given.output,
    inputSchema: input.schema,
    outputSchema: output.schema,
    options: withDefaults(read),
    env,
    wordFunctions: Object.entries(given).flatMap(([option, value]) =>
      wordOptions.has(option) && typeof value === 'function' ? [option] : [],
    ),
    ...(given.run ? { run: given.run as StageDefinition['run'] & object } : {}),
    at,
    problems,
  }
  const call = (...args: [unknown?]): unknown => addCall(definition, args[0], {}, capture(call))
  const withOverrides = (overrides: CallOverrides = {}) => {
    const overridden = (...args: [unknown?]): unknown => addCall(definition, args[0], overrides, capture(overridden))
    return overridden
  }
  Object.assign(call, { with: withOverrides, input: given.input, output: given.output, run: given.run })
  return define(call, definition) as unknown as Stage<I, O>
}

/** Options that may be functions of placeholders. */
const wordOptions = new Set(['command', 'local', 'args'])

const badOption = (message: string, path: string, at: DiagnosticLocation, fix: string): Diagnostic => ({
  code: 'bad-option',
  severity: 'error',
  message,
  at: { ...at, path },
  fix,
})

export function checkName(what: string, name: unknown, at: () => DiagnosticLocation): Diagnostic[] {
  const taken = typeof name === 'string' && takenNames.has(name)
  if (typeof name === 'string' && namePattern.test(name) && !taken) return []
  return [
    {
      code: 'bad-name',
      severity: 'error',
      message: taken
        ? `"${name}" can not be the name of a ${what}: Millrace uses it itself`
        : `${typeof name === 'string' ? JSON.stringify(name) : String(name)} can not be the name of a ${what}`,
      at: at(),
      fix: taken ? 'Give it another name.' : 'Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.',
    },
  ]
}

/** The trace that a call belongs to; a call outside a build is refused. */
export function traceOf(definition: Definition, place: () => SourceLocation): Trace {
  const trace = currentTrace()
  if (trace) return trace
  const { type, name } = definition
  return fail({
    code: 'call-outside-build',
    severity: 'error',
    message: `${type} "${name}" was called outside a pipeline's build`,
    at: { pipeline: null, node: name, ...place() },
    fix:
      type === 'stage'
        ? `Call it inside build; to run it alone use await runStage(${name}, input).`
        : `Call it inside build; to run it alone use await run(${name}, input).`,
  })
}

function addCall(
  definition: StageDefinition,
  args: unknown,
  overrides: CallOverrides,
  place: () => SourceLocation,
): unknown {
  const trace = traceOf(definition, place)
  claimName(trace, definition, place)
  const { scope } = trace
  const id = nextId(scope, definition.name)
  const at = (): DiagnosticLocation => atHere(trace, id, place())
  const { options: given, problems } = readOptions(overrides, {
    what: `"${id}"`,
    at: { pipeline: null, node: id },
    of: 'call',
  })
  // a call that asks for more of one resource keeps the others
  const resources = given.resources && { ...definition.options.resources, ...dropUndefined(given.resources) }
  const options = resources ? { ...given, resources } : given
  for (const problem of problems) trace.problems.push({ ...problem, at: { ...problem.at, ...at() } })
  const listed: unknown = overrides.after ?? []
  // a lone ref would answer every question with another ref
  const after = (Array.isArray(listed) ? listed : [undefined]).flatMap((ref) => afterId(trace, ref, at))
  trace.places.set(id, place)
  const node: Node = {
    kind: 'stage',
    id,
    stage: trace.stages.get(definition) as string,
    args: bind(trace, args ?? ({} satisfies NoInputs), at) ?? { fields: {} },
    ...(Object.keys(options).length > 0 ? { options } : {}),
    ...(after.length > 0 ? { after } : {}),
  }
  scope.nodes.push(node)
  return makeRef(id, [], scope)
}

function afterId(trace: Trace, ref: unknown, at: () => DiagnosticLocation): string[] {
  const state = refState(ref)
  const bound = state ? bind(trace, ref, at) : undefined
  if (bound && 'ref' in bound && !bound.ref.includes(':')) return [bound.ref]
  if (bound) return []
  const fix = 'Give the results of calls, for example after: [checked].'
  trace.problems.push(badOption(`"${at().node}": after is not a list of refs`, 'after', at(), fix))
  return []
}

/** One name is one stage within a pipeline; a stage used in two pipelines is one entry of the Graph's stages. */
export function claimName(trace: Trace, definition: Definition, place: () => SourceLocation): void {
  const { names } = trace.scope
  const other = names.called.get(definition.name)
  if (other && other !== definition) {
    trace.problems.push({
      code: 'duplicate-name',
      severity: 'error',
      message: `pipeline "${names.pipeline}" calls two different stages or pipelines named "${definition.name}"`,
      at: atHere(trace, definition.name, place()),
      fix: 'Give one of them another name.',
    })
  }
  if (!other) names.called.set(definition.name, definition)
  if (definition.type !== 'stage' || trace.stages.has(definition)) return
  let key = definition.name
  if (trace.keys.has(key)) key = `${names.prefix}${definition.name}`
  for (let n = 2; trace.keys.has(key); n++) key = `${names.prefix}${definition.name}:${n}`
  trace.stages.set(definition, key)
  trace.keys.set(key, definition)
  trace.problems.push(...definition.problems.map((p) => ({ ...p, at: { ...p.at, pipeline: names.pipeline } })))
}
