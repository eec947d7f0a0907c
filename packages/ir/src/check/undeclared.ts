import { isObject, type Json } from '../json.ts'
import type { ValuePath } from '../misfit.ts'
import { alternatives, fieldSchemas, itemSchemas, lookup, type Schema } from '../port.ts'

/**
 * The path of the first field that no alternative of its JSON Schema declares; undefined where there is none, or if
 * an alternative takes any field. The two sides of an intersection declare their fields together. For a value from
 * which the author's schema has removed all other fields.
 */
export function undeclared(schema: Schema, value: Json): ValuePath | undefined {
  const visit = (at: Json, schemas: readonly Schema[], path: ValuePath): ValuePath | undefined => {
    if (typeof at !== 'object' || at === null || schemas.some((one) => isGiven(one, schema))) return undefined
    const options = schemas.flatMap((one) => alternatives(one, schema)).filter((one) => canBe(one, at))
    const [entries, below] = Array.isArray(at)
      ? [at.entries(), (key: string | number) => parts(options, (one) => itemSchemas(one, key as number), isOpenList)]
      : [
          Object.entries(at),
          (key: string | number) => parts(options, (one) => fieldSchemas(one, `${key}`), isOpenObject),
        ]
    for (const [key, inner] of entries as Iterable<[string | number, Json]>) {
      const of = below(key)
      if (of === 'anything') continue
      if (of.length === 0) return [...path, key]
      const found = visit(inner, of, [...path, key])
      if (found) return found
    }
    return undefined
  }
  return visit(value, [schema], [])
}

/** Whether zod may have taken the value as it is: a default, or what stands for a value that was caught. */
function isGiven(schema: Schema, root: Schema): boolean {
  const seen = new Set<Schema>()
  const open = [schema]
  for (let at = open.pop(); at; at = open.pop()) {
    if ('default' in at) return true
    if (seen.has(at)) continue
    seen.add(at)
    if (typeof at.$ref === 'string') open.push(lookup(at.$ref, root))
    for (const choices of [at.anyOf, at.oneOf, at.allOf])
      if (Array.isArray(choices)) open.push(...(choices as Schema[]))
  }
  return false
}

function canBe(of: Schema, at: Json): boolean {
  if ('const' in of || 'enum' in of) return false
  return of.type === undefined || of.type === (Array.isArray(at) ? 'array' : 'object')
}

function parts(
  options: readonly Schema[],
  inOne: (option: Schema) => Schema[],
  isOpen: (option: Schema) => boolean,
): readonly Schema[] | 'anything' {
  const found: Schema[] = []
  for (const option of options) {
    const inner = inOne(option)
    if (inner.length === 0 && isOpen(option)) return 'anything'
    found.push(...inner)
  }
  return found
}

const isOpenObject = ({ additionalProperties }: Schema): boolean =>
  additionalProperties !== false && !isObject(additionalProperties)
const isOpenList = ({ items }: Schema): boolean => items !== false && !isObject(items)
