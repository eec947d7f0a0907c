import { z } from 'zod'
import { isObject, type Json } from '../json.ts'
import { lookup, type Schema } from '../port.ts'
import { stringOf } from './string-of.ts'

/** Makes zod schemas of the parts of one JSON Schema, as the SDK writes them: what zod took there is taken here. */
export class ZodOf {
  readonly #root: Schema
  readonly #made = new WeakMap<Schema, z.ZodType>()
  readonly #named = new Map<string, z.ZodType>()

  /** @param root where `$ref`s look */
  constructor(root: Schema) {
    this.#root = root
  }

  of(schema: Schema | boolean): z.ZodType {
    if (schema === true) return z.unknown()
    if (schema === false) return z.never()
    let made = this.#made.get(schema)
    if (!made) {
      made = this.#make(schema)
      this.#made.set(schema, made)
    }
    return made
  }

  #make(schema: Schema): z.ZodType {
    if (typeof schema.$ref === 'string') return this.#reference(schema.$ref)
    const parts = [this.#base(schema), ...this.#choices(schema)].filter((part) => part !== undefined)
    const [first = z.unknown(), ...more] = parts
    return more.reduce((all, part) => z.intersection(all, part), first)
  }

  /** A definition may hold itself. */
  #reference(name: string): z.ZodType {
    let made = this.#named.get(name)
    if (!made) {
      made = z.lazy(() => this.of(lookup(name, this.#root)))
      this.#named.set(name, made)
    }
    return made
  }

  #base(schema: Schema): z.ZodType | undefined {
    if (schema.not !== undefined) return z.never()
    if (Array.isArray(schema.enum)) return enumOf(schema.enum as Json[])
    if ('const' in schema) return z.literal(schema.const as string)
    const { type } = schema
    if (Array.isArray(type)) return z.union(type.map((one: string) => this.#typed({ ...schema, type: one })))
    return type === undefined ? undefined : this.#typed(schema)
  }

  #choices(schema: Schema): z.ZodType[] {
    const of = (list: unknown) => (list as Schema[]).map((option) => this.of(option))
    return [
      ...(Array.isArray(schema.anyOf) ? [z.union(of(schema.anyOf))] : []),
      ...(Array.isArray(schema.oneOf) ? [z.xor(of(schema.oneOf))] : []),
      // of a string and a number they are more patterns and divisors
      ...(Array.isArray(schema.allOf) && !isScalar(schema.type) ? of(schema.allOf) : []),
    ]
  }

  #typed(schema: Schema): z.ZodType {
    switch (schema.type) {
      case 'string':
        return stringOf(schema)
      case 'number':
      case 'integer':
        return numberOf(schema)
      case 'boolean':
        return z.boolean()
      case 'null':
        return z.null()
      case 'array':
        return this.#list(schema)
      default:
        return this.#object(schema)
    }
  }

  #list(schema: Schema): z.ZodType {
    const { prefixItems, items, minItems, maxItems } = schema
    const lengths: z.core.$ZodCheck<unknown[]>[] = [
      ...(typeof minItems === 'number' ? [z.minLength(minItems)] : []),
      ...(typeof maxItems === 'number' ? [z.maxLength(maxItems)] : []),
    ]
    if (!Array.isArray(prefixItems))
      return z.array(items === undefined ? z.unknown() : this.of(items as Schema)).check(...lengths)
    const least = typeof minItems === 'number' ? minItems : 0
    const first = (prefixItems as Schema[]).map((item, i) => {
      const made = this.of(item)
      // where a list goes on, zod takes what is missing for undefined
      return i >= least ? made.optional() : items === false ? made : z.nonoptional(made)
    })
    const fixed = z.tuple(first as [])
    const tuple = items === false ? fixed : fixed.rest(this.of((items ?? true) as Schema))
    return (tuple as z.ZodType<unknown[]>).check(...lengths)
  }

  #object(schema: Schema): z.ZodType {
    const { additionalProperties: others, propertyNames: names } = schema
    const required = new Set((schema.required as string[] | undefined) ?? [])
    if (names !== undefined) return this.#record(this.of(names as Schema), others as Schema, required.size > 0)
    const shape = Object.fromEntries(
      Object.entries((schema.properties ?? {}) as { readonly [key: string]: Schema }).map(([key, field]) => {
        const made = this.of(field)
        return [key, required.has(key) ? made : made.optional()]
      }),
    )
    if (others === false) return z.strictObject(shape)
    return isObject(others) ? z.object(shape).catchall(this.of(others)) : z.looseObject(shape)
  }

  #record(names: z.ZodType, values: Schema | undefined, exhaustive: boolean): z.ZodType {
    const make = exhaustive ? z.record : z.partialRecord
    return make(names as z.ZodType<string, string>, this.of(values ?? true))
  }
}

const isScalar = (type: unknown): boolean => type === 'string' || type === 'number' || type === 'integer'

/** Several kinds of values are as many literals. */
const enumOf = (values: readonly Json[]): z.ZodType => z.literal(values as string[])

function numberOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum, ...more }: Schema): z.ZodType {
  const checks: z.core.$ZodCheck<number>[] = []
  const add = (value: unknown, check: (value: number) => z.core.$ZodCheck<number>) => {
    if (typeof value === 'number') checks.push(check(value))
  }
  add(minimum, z.gte)
  add(maximum, z.lte)
  add(exclusiveMinimum, z.gt)
  add(exclusiveMaximum, z.lt)
  add(more.multipleOf, z.multipleOf)
  for (const { multipleOf } of (more.allOf ?? []) as Schema[]) add(multipleOf, z.multipleOf)
  return (type === 'integer' ? z.number().int() : z.number()).check(...checks)
}
