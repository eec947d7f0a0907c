import { isObject, type Json } from './json.ts'
import { fieldSchemas, itemSchemas, lookup, type Schema } from './port.ts'

export type ValuePath = readonly (string | number)[]

/** Deeper than any value of ours, and than schemas that refer to one another without an end. */
const deepest = 2000

/**
 * The first place where a value is not of a JSON Schema's shape; undefined where there is none. Unlike zod it ends there,
 * so that a list of half a million which are all wrong is one problem. What it does not know it takes.
 *
 * @param root where `$ref`s look
 */
export function misfit(schema: Schema, value: Json, root: Schema = schema): ValuePath | undefined {
  let depth = 0
  const visit = (at: Json, of: Schema, path: ValuePath): ValuePath | undefined => {
    if (depth === deepest) return undefined
    depth++
    try {
      if (typeof of.$ref === 'string') return visit(at, lookup(of.$ref, root), path)
      for (const one of schemasIn(of.allOf)) {
        const found = visit(at, one, path)
        if (found) return found
      }
      const choices = schemasIn(of.anyOf ?? of.oneOf)
      if (choices.length > 0 && choices.every((one) => visit(at, one, path) !== undefined)) return path
      return fits(of, at) ? inside(at, of, path) : path
    } finally {
      depth--
    }
  }
  const inside = (at: Json, of: Schema, path: ValuePath): ValuePath | undefined => {
    if (Array.isArray(at)) {
      for (let i = 0; i < at.length; i++)
        for (const one of itemSchemas(of, i)) {
          const found = visit(at[i], one, [...path, i])
          if (found) return found
        }
    } else if (isObject(at)) {
      for (const key of Object.keys(at)) {
        if (isObject(of.propertyNames) && visit(key, of.propertyNames, path)) return [...path, key]
        for (const one of fieldSchemas(of, key)) {
          const found = visit(at[key] as Json, one, [...path, key])
          if (found) return found
        }
      }
    }
    return undefined
  }
  return visit(value, schema, [])
}

const schemasIn = (value: unknown): readonly Schema[] => (Array.isArray(value) ? (value as Schema[]) : [])

function fits(of: Schema, at: Json): boolean {
  if (isObject(of.not) && Object.keys(of.not).length === 0) return false
  if ('const' in of && of.const !== at && typeof of.const !== 'object') return false
  if (Array.isArray(of.enum) && !of.enum.includes(at)) return false
  if (of.type !== undefined && ![of.type].flat().some((type) => isOf(type, at))) return false
  if (typeof at === 'number') return withinBounds(of, at)
  if (typeof at === 'string') return within(at.length, of.minLength, of.maxLength)
  if (Array.isArray(at)) return within(at.length, of.minItems, of.maxItems)
  if (isObject(at) && Array.isArray(of.required)) return of.required.every((key) => Object.hasOwn(at, key as string))
  return true
}

function isOf(type: unknown, at: Json): boolean {
  if (type === 'null') return at === null
  if (type === 'array') return Array.isArray(at)
  if (type === 'object') return isObject(at)
  if (type === 'integer') return Number.isInteger(at)
  return typeof at === type
}

const within = (size: number, least: unknown, most: unknown): boolean =>
  !(typeof least === 'number' && size < least) && !(typeof most === 'number' && size > most)

const withinBounds = (of: Schema, at: number): boolean =>
  within(at, of.minimum, of.maximum) &&
  !(typeof of.exclusiveMinimum === 'number' && at <= of.exclusiveMinimum) &&
  !(typeof of.exclusiveMaximum === 'number' && at >= of.exclusiveMaximum)

/** Whether a value holds more than so many others. */
export function holdsMore(value: Json, most: number): boolean {
  const open: Json[] = [value]
  let held = 0
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== 'object' || at === null) continue
    const inner = Object.values(at) as Json[]
    held += inner.length
    if (held > most) return true
    for (const one of inner) if (typeof one === 'object') open.push(one)
  }
  return false
}
