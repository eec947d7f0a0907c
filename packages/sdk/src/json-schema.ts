import type { Schema } from '@millrace/ir'
import { z } from 'zod'
import { absent } from './absent.ts'
import { tellString } from './string-checks.ts'
import { checksOf, defOf } from './zod-def.ts'

export type Side = 'input' | 'output'

/**
 * The JSON Schema of one side of a zod schema, with keywords of ours where JSON Schema has no word for what zod checks.
 *
 * @throws Error what zod can't tell
 */
export function jsonSchemaOf(schema: z.core.$ZodType, side: Side, how: How): Schema {
  const told = convert(schema, side, how)
  if (!namesRoot(told)) return told
  // a part of it is looked at alone, where `#` would be that part
  const { $ref: _, ...named } = convert(schema, side, how, schema)
  const whole = (named.$defs as { readonly [id: string]: Schema })[rootId] as Schema
  return { ...whole, $defs: named.$defs }
}

interface How {
  /** Whether nobody else checks it: then it also says what zod makes of a value that is absent. */
  readonly pure: boolean
  /** Whether what zod can't tell, as the result of a transform, may be anything. Default: it is an error. */
  readonly isOpen?: boolean
}

const rootId = 'whole'

function convert(schema: z.core.$ZodType, side: Side, { pure, isOpen = false }: How, root?: z.core.$ZodType): Schema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: side,
    unrepresentable: isOpen ? 'any' : 'throw',
    metadata: annotations(root) as unknown as z.core.$ZodRegistry<Record<string, unknown>>,
    override({ zodSchema, jsonSchema }) {
      const json = jsonSchema as Record<string, unknown>
      if (json.type === 'string' && isText(zodSchema)) tellString(zodSchema, json)
      tellRecord(zodSchema, json, side)
      if (side === 'output' && checksOf(zodSchema).some(({ check }) => check === 'overwrite')) leaveOpen(json)
      if (pure) tellAbsent(zodSchema, json)
    },
  }) as Schema
  // zod hides a `~standard` entry with functions in what it returns; a Graph is plain data
  return JSON.parse(JSON.stringify(json), withoutNothing) as Schema
}

/** In an intersection, zod may take an inherited `constructor` for a schema: in JSON that is null. */
const withoutNothing = (key: string, value: unknown): unknown =>
  key === 'allOf' && Array.isArray(value) ? value.filter((part) => part !== null) : value

const isText = (schema: z.core.$ZodType): boolean => ['string', 'template_literal'].includes(defOf(schema).type)

/** What is checked before `.trim()` or `.overwrite()` says nothing of what comes out: it may be shorter, or less. */
function leaveOpen(json: Record<string, unknown>): void {
  for (const bound of bounds) delete json[bound]
  if (json.type === 'integer') json.type = 'number'
}

const bounds = `minLength maxLength pattern flags format protocol hostname alg allOf contentEncoding minimum maximum
  exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems`.split(/\s+/)

/** Zod requires each listed name of a record, also one whose value may be absent, which JSON leaves out. */
function tellRecord(schema: z.core.$ZodType, json: Record<string, unknown>, side: Side): void {
  const { type, valueType } = defOf(schema)
  const absence = side === 'input' ? valueType?._zod.optin : valueType?._zod.optout
  if (type === 'record' && absence === 'optional') delete json.required
}

/** zod derives `required` and `default` from declarations; here zod is asked what it does. */
function tellAbsent(schema: z.core.$ZodType, json: Record<string, unknown>): void {
  const { type, shape = {}, items = [], rest, keyType, valueType, partial } = defOf(schema)
  // `z.nonoptional(z.string().default('x'))` has no default, and `z.string().default('x').nullable()` has one
  if (schema._zod.optin === undefined) delete json.default
  else if (!('default' in json) && json.anyOf) Object.assign(json, absent(schema))
  if (type === 'object' && json.type === 'object') {
    const required = Object.keys(shape).filter((key) => !absent(shape[key] as z.core.$ZodType, key))
    delete json.required
    if (required.length > 0) json.required = required
  }
  const names = partial ? undefined : keyType?._zod.values
  // each of them is set, whether it is there or not
  if (type === 'record' && names && valueType && !z.safeParse(valueType, undefined).success)
    json.required = [...names].map(String)
  if (type !== 'tuple' || json.type !== 'array') return
  let least = items.length
  while (least > 0 && mayEnd(items[least - 1] as z.core.$ZodType, rest)) least--
  delete json.minItems
  if (least > 0) json.minItems = least
}

/** Whether a tuple may end before an item. With a rest, zod reads missing items as undefined. */
const mayEnd = (item: z.core.$ZodType, rest: unknown): boolean =>
  z.safeParse(rest == null ? z.tuple([item]) : z.tuple([item], z.any()), []).success

/** What an author says of a schema besides what it checks: a keyword that checks would be obeyed, and zod does not. */
const annotations = (root: z.core.$ZodType | undefined) => ({
  get(schema: z.core.$ZodType): object | undefined {
    const meta = Object.entries(z.globalRegistry.get(schema) ?? {}).filter(([name]) => !checking.has(name))
    if (schema === root) return { ...Object.fromEntries(meta), id: rootId }
    return meta.length > 0 ? Object.fromEntries(meta) : undefined
  },
})

const checking = new Set(
  `type enum const anyOf oneOf allOf not $ref $defs properties required additionalProperties propertyNames
  patternProperties items prefixItems minItems maxItems format pattern flags minLength maxLength protocol hostname alg
  minimum maximum exclusiveMinimum exclusiveMaximum multipleOf default`.split(/\s+/),
)

/** Whether a `$ref` names the whole schema. */
function namesRoot(schema: Schema): boolean {
  const open: unknown[] = [schema]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== 'object' || at === null) continue
    if ((at as Schema).$ref === '#') return true
    open.push(...Object.values(at))
  }
  return false
}
