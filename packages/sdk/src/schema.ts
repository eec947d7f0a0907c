import { type At, type Diagnostic, type Schema, showPath } from '@millrace/ir'
import { z } from 'zod'

/** What the walk reads of a zod schema; zod's own type of it is a union of 40 classes. */
interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly catchall?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly items?: readonly z.core.$ZodType[]
  readonly rest?: z.core.$ZodType | null
  readonly options?: readonly z.core.$ZodType[]
  readonly left?: z.core.$ZodType
  readonly right?: z.core.$ZodType
  readonly keyType?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
  readonly getter?: () => z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly out?: z.core.$ZodType
  readonly values?: readonly unknown[]
  readonly coerce?: boolean
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[]
}

const defOf = (schema: z.core.$ZodType): Def => schema._zod.def as unknown as Def

/** What to use instead of the types that JSON can't carry. */
const instead: Readonly<Record<string, string>> = {
  date: 'Use z.iso.datetime() for the field and make the Date inside run.',
  bigint: 'Use z.string() for the field, or z.int() where 2^53 is enough.',
  map: 'Use z.record() for the field and make the Map inside run.',
  set: 'Use z.array() for the field and make the Set inside run.',
  file: "Use file() from 'millrace' for the field.",
  transform: 'Do the transform inside run, and give the field the schema of its result.',
  undefined: 'Use .optional() for the field.',
  void: 'Use .optional() for the field.',
}
/** Names that a ref can't have as a field: `await` and `JSON.stringify` ask every object for them. */
const reserved = ['then', 'toJSON']
const unable = new Set([...Object.keys(instead), 'symbol', 'nan', 'function', 'promise', 'custom', 'success'])

export type Side = 'input' | 'output'

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly fix: string
}

/** The JSON Schema of one side of a stage or pipeline, and what in the zod schema JSON can't carry. */
export function schemaOf(
  schema: z.ZodObject,
  side: Side,
  owner: { readonly what: string; readonly at: At; readonly pure: boolean },
): { readonly schema: Schema; readonly problems: readonly Diagnostic[] } {
  const report = (problem: Problem): Diagnostic => ({
    code: 'bad-schema',
    severity: 'error',
    message: `${owner.what}: the ${side} ${problem.path.length > 0 ? `field "${showPath(problem.path)}" ` : ''}${problem.message}`,
    at: { ...owner.at, ...(problem.path.length > 0 ? { path: showPath(problem.path) } : {}) },
    fix: problem.fix,
  })
  const given: unknown = schema
  if (typeof given !== 'object' || given === null || !('_zod' in given) || defOf(schema).type !== 'object')
    return {
      schema: {},
      problems: [report({ path: [], message: 'is not a z.object(…)', fix: `Give the ${side} as z.object({ … }).` })],
    }
  const problems = walk(schema, side, owner.pure)
  if (problems.length > 0) return { schema: {}, problems: problems.map(report) }
  try {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: side }) as Schema
    return { schema: stripStandard(json), problems: [] }
  } catch (error) {
    const message = `can't be told as JSON Schema: ${(error as Error).message}`
    return { schema: {}, problems: [report({ path: [], message, fix: 'Use a schema that JSON can carry.' })] }
  }
}

/** zod hides a `~standard` entry with functions in what it returns; a Graph is plain data. */
const stripStandard = (schema: Schema): Schema => JSON.parse(JSON.stringify(schema)) as Schema

function walk(root: z.core.$ZodType, side: Side, pure: boolean): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<z.core.$ZodType>()
  const open: { schema: z.core.$ZodType; path: readonly (string | number)[] }[] = [{ schema: root, path: [] }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { schema, path } = next
    if (seen.has(schema)) continue
    seen.add(schema)
    const def = defOf(schema)
    const add = (inner: z.core.$ZodType | undefined | null, ...more: (string | number)[]) => {
      if (inner) open.push({ schema: inner, path: [...path, ...more] })
    }
    const found = problemOf(def, pure)
    if (found) {
      problems.push({ path, ...found })
      continue
    }
    for (const [key, field] of Object.entries(def.shape ?? {}).reverse()) {
      if (!reserved.includes(key)) add(field, key)
      else
        problems.push({
          path: [...path, key],
          message: 'has a name that JavaScript keeps for itself',
          fix: 'Give the field another name.',
        })
    }
    for (const [i, item] of (def.items ?? []).entries()) holes(item, i)
    if (def.element) holes(def.element, 0)
    for (const option of def.options ?? []) add(option)
    for (const inner of [def.catchall, def.rest, def.left, def.right, def.keyType, def.valueType, def.innerType])
      add(inner)
    if (def.type === 'lazy') add(def.getter?.())
    if (def.type === 'pipe') {
      const input = side === 'input' && def.in && defOf(def.in).type !== 'transform'
      if (pure && !input) problems.push({ path, ...effect })
      else if (pure && def.out && defOf(def.out).type === 'transform') problems.push({ path, ...effect })
      else add(input ? def.in : def.out)
    }

    function holes(item: z.core.$ZodType, index: number): void {
      if (item._zod.optin === 'optional' && item._zod.optout === 'optional')
        problems.push({
          path: [...path, index],
          message: 'is optional in a list, and JSON lists have no holes',
          fix: 'Use .nullable() for the items.',
        })
      else add(item, index)
    }
  }
  return problems
}

const effect = {
  message: 'has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema',
  fix: 'Move the transform or refinement into the input of the stage that reads the field.',
}

function problemOf(def: Def, pure: boolean): Omit<Problem, 'path'> | undefined {
  if (unable.has(def.type))
    return {
      message: `is z.${def.type}(), which JSON can't carry`,
      fix: instead[def.type] ?? 'Use a type that JSON can carry for the field.',
    }
  const odd = def.type === 'literal' ? def.values?.find((v) => typeof v === 'bigint' || v === undefined) : undefined
  if (def.type === 'literal' && (odd !== undefined || def.values?.includes(undefined)))
    return {
      message: `is the literal ${String(odd)}${typeof odd === 'bigint' ? 'n' : ''}, which JSON can't carry`,
      fix: 'Use a literal that JSON can carry.',
    }
  const effects = def.checks?.some((check) => ['custom', 'overwrite'].includes(check._zod.def.check))
  return pure && (effects || def.coerce || def.type === 'catch') ? effect : undefined
}
