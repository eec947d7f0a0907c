import fc from 'fast-check'
import { z } from 'zod'
import { leaf, type Made } from './leaves.ts'
import { anything, mostly } from './values.ts'

/** An absent value, in an object. */
export const absent = Symbol('absent')
const fieldOf = (values: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: values, weight: 4 }, { arbitrary: fc.constant(absent), weight: 1 })
const objectOf = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      fc.record(Object.fromEntries(Object.entries(fields).map(([key, values]) => [key, fieldOf(values)]))),
      fc.dictionary(fc.constantFrom('zz', 'b', 'type', 'constructor'), anything, { maxKeys: 1 }),
    )
    .map(([own, more]) =>
      Object.fromEntries(Object.entries({ ...more, ...own }).filter(([, value]) => value !== absent)),
    )

const names = ['a', 'b', 'type', 'x.y', '$ref', '']
const kinds: readonly (readonly [string, (shape: z.ZodRawShape) => z.ZodObject])[] = [
  ['object', (shape) => z.object(shape)],
  ['strictObject', (shape) => z.strictObject(shape)],
  ['looseObject', (shape) => z.looseObject(shape)],
  ['catchall', (shape) => z.object(shape).catchall(z.string())],
]
const wrap: readonly (readonly [string, (schema: z.ZodType) => z.ZodType])[] = [
  ['optional', (s) => s.optional()],
  ['nullable', (s) => s.nullable()],
  ['nullish', (s) => s.nullish()],
  ['readonly', (s) => s.readonly()],
  ['brand', (s) => s.brand('x') as unknown as z.ZodType],
  ['nonoptional', (s) => z.nonoptional(s)],
  ['exactOptional', (s) => z.exactOptional(s)],
  ['lazy', (s) => z.lazy(() => s)],
  [
    'meta',
    (s) =>
      s.meta({
        title: 't',
        type: 'string',
        const: 1,
        anyOf: [],
        minItems: 4,
        required: ['q'],
        additionalProperties: false,
      }),
  ],
]
const keys: readonly (readonly [string, z.ZodType, readonly string[]])[] = [
  ['string', z.string(), ['a', 'b', 'constructor']],
  ['regex', z.string().regex(/^[a-z]+$/i), ['A', 'a1', 'ab']],
  ['enum', z.enum(['a', 'b']), ['a', 'b', 'c']],
  ['literal', z.literal(['a', 1]), ['a', '1', 'b']],
  ['number', z.number(), ['1', '1.5', 'a', '01']],
  ['int', z.int(), ['1', '1.5', '-2']],
  ['email', z.email(), ['a@b.co', 'a']],
  ['template', z.templateLiteral(['v', z.int()]), ['v1', 'v']],
  ['union', z.union([z.literal('a'), z.string().regex(/^B$/i)]), ['a', 'b', 'c']],
]
const recordOf = (value: Made): fc.Arbitrary<Made> =>
  fc.tuple(fc.constantFrom(...keys), fc.boolean()).map(([[told, key, some], partial]) => ({
    schema: (partial ? z.partialRecord : z.record)(key as z.ZodType<string>, value.schema),
    values: mostly(fc.dictionary(fc.constantFrom(...some), value.values, { maxKeys: 3 })),
    told: `${partial ? 'partialRecord' : 'record'}(${told}, ${value.told})`,
  }))

const { made } = fc.letrec<{ made: Made }>((tie) => {
  const some = (least: number, most: number) => fc.array(tie('made'), { minLength: least, maxLength: most })
  const object: fc.Arbitrary<Made> = fc
    .tuple(fc.constantFrom(...kinds), fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }), some(3, 3))
    .map(([[told, make], fields, inner]) => {
      const chosen = fields.map((name, i) => [name, inner[i] as Made] as const)
      return {
        schema: make(Object.fromEntries(chosen.map(([name, { schema }]) => [name, schema]))),
        values: mostly(objectOf(Object.fromEntries(chosen.map(([name, { values }]) => [name, values])))),
        told: `${told}({ ${chosen.map(([name, { told }]) => `${JSON.stringify(name)}: ${told}`).join(', ')} })`,
      }
    })
  const list: fc.Arbitrary<Made> = fc
    .tuple(tie('made'), fc.constantFrom('', 'min', 'max', 'length'))
    .map(([item, check]) => {
      const array = z.array(item.schema)
      return {
        schema:
          check === 'min'
            ? array.min(1)
            : check === 'max'
              ? array.max(1)
              : check === 'length'
                ? array.length(2)
                : array,
        values: mostly(fc.array(item.values, { maxLength: 3 })),
        told: `array(${item.told})${check}`,
      }
    })
  const tuple: fc.Arbitrary<Made> = fc.tuple(some(1, 3), fc.option(tie('made'))).map(([items, rest]) => {
    const fixed = z.tuple(items.map(({ schema }) => schema) as [z.ZodType])
    const values = [...items, ...(rest ? [rest, rest] : [])].map((item) => item.values)
    return {
      schema: rest ? fixed.rest(rest.schema) : fixed,
      values: mostly(fc.tuple(fc.tuple(...values), fc.nat(values.length + 1)).map(([list, n]) => list.slice(0, n))),
      told: `tuple([${items.map(({ told }) => told).join(', ')}]${rest ? `, ${rest.told}` : ''})`,
    }
  })
  const union: fc.Arbitrary<Made> = fc.tuple(some(2, 3), fc.boolean()).map(([options, exclusive]) => ({
    schema: (exclusive ? z.xor : z.union)(options.map(({ schema }) => schema) as [z.ZodType, z.ZodType]),
    values: fc.oneof(...options.map(({ values }) => values)),
    told: `${exclusive ? 'xor' : 'union'}([${options.map(({ told }) => told).join(', ')}])`,
  }))
  const choice: fc.Arbitrary<Made> = fc
    .tuple(some(2, 2), fc.constantFrom(...kinds), fc.constantFrom('literal', 'optional', 'enum'))
    .map(([inner, [told, make], how]) => {
      const tags = [
        z.literal('a'),
        how === 'optional' ? z.literal('b').optional() : how === 'enum' ? z.enum(['b', 'c']) : z.literal(['b', null]),
      ]
      const options = inner.map(({ schema }, i) => make({ type: tags[i] as z.ZodType, v: schema }))
      const values = inner.map(({ values }) =>
        objectOf({ type: fc.constantFrom<unknown>('a', 'b', 'c', null), v: values }),
      )
      return {
        schema: z.discriminatedUnion('type', options as unknown as [never, never]),
        values: mostly(fc.oneof(...values)),
        told: `discriminated ${how} ${told}(${inner.map(({ told }) => told).join(', ')})`,
      }
    })
  const both: fc.Arbitrary<Made> = fc.tuple(object, object).map(([a, b]) => ({
    schema: z.intersection(a.schema, b.schema),
    values: fc.tuple(a.values, b.values).map(([a, b]) => (isPlain(a) && isPlain(b) ? { ...a, ...b } : a)),
    told: `intersection(${a.told}, ${b.told})`,
  }))
  const wrapped: fc.Arbitrary<Made> = fc
    .tuple(tie('made'), fc.constantFrom(...wrap))
    .map(([{ schema, values, told }, [how, make]]) => ({
      schema: make(schema),
      values,
      told: `${how}(${told})`,
    }))
  const defaulted: fc.Arbitrary<Made> = fc
    .tuple(tie('made'), fc.boolean(), fc.nat())
    .map(([{ schema, values, told }, pre, seed]) => {
      const found = fc.sample(values, { numRuns: 8, seed }).find((value) => takes(schema, value))
      const given = found === undefined ? undefined : JSON.parse(JSON.stringify(found))
      return given === undefined
        ? { schema, values, told }
        : {
            schema: pre ? schema.prefault(given as never) : schema.default(given as never),
            values,
            told: `${pre ? 'prefault' : 'default'}(${told}, ${JSON.stringify(given)})`,
          }
    })
  return {
    made: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      object,
      list,
      tuple,
      union,
      choice,
      both,
      tie('made').chain(recordOf),
      wrapped,
      defaulted,
    ),
  }
})

/** zod throws where it can't put the two sides of an intersection together. */
export function takes(schema: z.ZodType, value: unknown): boolean {
  try {
    return schema.safeParse(value).success
  } catch {
    return false
  }
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A random schema of one field. */
export const schemas: fc.Arbitrary<Made> = made
