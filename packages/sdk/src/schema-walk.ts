import { maxDepth } from '@millrace/ir'
import type { z } from 'zod'
import type { Side } from './json-schema.ts'
import { untold } from './string-checks.ts'
import { type Def, defOf } from './zod-def.ts'

/** What is wrong with a part of a schema. */
export interface Problem {
  readonly path: Path
  readonly message: string
  readonly fix: string
}
type Path = readonly (string | number)[]
type Wrong = Omit<Problem, 'path'>

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
/**
 * Names that a field can't have: JavaScript looks for `then` and `toJSON` in every object, and `__proto__` is no
 * field. A field that may be absent can't have a name of `Object.prototype`: zod would find the inherited value.
 */
const isReserved = (key: string, field: z.core.$ZodType): boolean =>
  ['then', 'toJSON', '__proto__'].includes(key) || (key in Object.prototype && field._zod.optin !== undefined)
const unable = new Set([...Object.keys(instead), 'symbol', 'nan', 'function', 'promise', 'custom', 'success'])

/** Schemas within one: no program has so many, and a function that makes them may never end. */
const mostSchemas = 100_000

interface Visit {
  readonly schema: z.core.$ZodType
  readonly path: Path
  /** How many schemas are around it. */
  readonly depth: number
  /** Whether its fields are put together with those of another object. */
  readonly joined: boolean
}

/** What in a zod schema JSON can't carry, or a check by JSON Schema alone would lose. */
export function walk(root: z.core.$ZodType, side: Side, pure: boolean): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<z.core.$ZodType>()
  const open: Visit[] = [{ schema: root, path: [], depth: 0, joined: false }]
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next.schema)) continue
    seen.add(next.schema)
    if (isEndless(next)) return [{ path: next.path.slice(0, 3), ...endless }]
    if (seen.size > mostSchemas) return [{ path: next.path.slice(0, 3), ...tooMany }]
    try {
      look(next)
    } catch (error) {
      // one that makes itself anew at once has no end that zod could find
      if (error instanceof RangeError) return [{ path: next.path.slice(0, 3), ...endless }]
      throw error
    }
  }
  return problems

  function look({ schema, path, depth, joined }: Visit): void {
    const def = defOf(schema)
    const join = def.type === 'intersection'
    const add = (inner: z.core.$ZodType | undefined | null, ...more: (string | number)[]) => {
      const within = join || (joined && more.length === 0)
      if (inner) open.push({ schema: inner, path: [...path, ...more], depth: depth + 1, joined: within })
    }
    const found = wrongIn(def) ?? (pure ? lost(schema, def, joined) : undefined)
    if (found) {
      problems.push({ path, ...found })
      return
    }
    for (const [key, field] of Object.entries(def.shape ?? {}).reverse()) {
      if (!isReserved(key, field)) add(field, key)
      else problems.push({ path: [...path, key], ...reservedName })
    }
    const items = def.items ?? []
    const ending = endOf(items)
    for (const [i, item] of items.entries()) {
      if (isHole(item) && i < ending) problems.push({ path: [...path, i], ...hole })
      else add(item, i)
    }
    for (const [item, i] of [[def.element, 0] as const, [def.rest, items.length] as const]) {
      if (item && isHole(item)) problems.push({ path: [...path, i], ...hole })
      else add(item, ...(def.element ? [i] : []))
    }
    for (const option of def.options ?? []) add(option)
    for (const inner of [def.catchall, def.left, def.right, def.keyType, def.valueType, def.innerType]) add(inner)
    if (def.type === 'lazy') add(def.getter?.())
    if (def.type === 'pipe') add(side === 'input' && def.in && defOf(def.in).type !== 'transform' ? def.in : def.out)
  }
}

const isEndless = ({ path, depth }: Visit): boolean => path.length > maxDepth || depth > 10 * maxDepth

const endless: Wrong = {
  message: `is nested more than ${maxDepth} levels deep: it is made anew at each turn of a recursion, or has no end`,
  fix: 'Make a recursive schema once, outside of a function: const node = z.object({ get children() { return z.array(node) } }).',
}
const tooMany: Wrong = {
  message: `is made of more than ${mostSchemas} schemas`,
  fix: 'Make each schema once, and use it where it is needed.',
}
const reservedName: Wrong = {
  message: 'has a name that JavaScript keeps for itself',
  fix: 'Give the field another name.',
}
const hole: Wrong = {
  message: 'is optional in a list, and JSON lists have no holes',
  fix: 'Use .nullable() for the items.',
}

const isHole = (item: z.core.$ZodType): boolean => item._zod.optin === 'optional' && item._zod.optout === 'optional'

/** From which item on all may be left out: a list may end there. */
function endOf(items: readonly z.core.$ZodType[]): number {
  let end = items.length
  while (end > 0 && items[end - 1]?._zod.optin !== undefined) end--
  return end
}

const effect: Wrong = {
  message: 'has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema',
  fix: 'Move the transform or refinement into the input of the stage that reads the field.',
}
const inexact = (what: string): Wrong => ({
  message: `has ${what}, which JSON Schema can't tell: a pipeline checks its input by that alone`,
  fix: 'Check it in the input of the stage that reads the field.',
})

function wrongIn(def: Def): Wrong | undefined {
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
  return undefined
}

/** What zod does and JSON Schema, the only check of a pipeline's input, can't; undefined if nothing. */
function lost(schema: z.core.$ZodType, def: Def, joined: boolean): Wrong | undefined {
  const checks = def.checks?.map((check) => check._zod.def.check) ?? []
  if (def.type === 'pipe' || def.coerce || def.type === 'catch') return effect
  if (checks.some((check) => check === 'custom' || check === 'overwrite')) return effect
  if (def.type === 'record' && def.mode === 'loose') return inexact('z.looseRecord()')
  if (def.type === 'record' && def.keyType && boundedKey(def.keyType)) return inexact('a bound of a numeric key')
  // zod counts what it has filled in
  if (def.type === 'tuple' && checks.length > 0) return inexact('a check of the length of a tuple')
  // zod puts their JSON Schemas together by plain objects, which have such names themselves
  const taken = joined ? Object.keys(def.shape ?? {}).find((key) => key in Object.prototype) : undefined
  if (taken !== undefined) return inexact(`a field "${taken}" in an intersection`)
  const what = def.type === 'string' ? untold(schema) : undefined
  if (what !== undefined) return inexact(what)
  const unknown = checks.find((check) => !told.has(check))
  return unknown === undefined ? undefined : inexact(`the check ${unknown}`)
}

/** The checks that stand in a JSON Schema of ours. */
const told = new Set([
  ...['string_format', 'min_length', 'max_length', 'length_equals'],
  ...['number_format', 'greater_than', 'less_than', 'multiple_of'],
])

const boundedKey = (key: z.core.$ZodType): boolean =>
  defOf(key).type === 'number' && (defOf(key).checks ?? []).some((check) => check._zod.def.check !== 'number_format')
