import fc from 'fast-check'
import { z } from 'zod'
import { formats, numberChecks, type Text, textChecks } from './checks.ts'
import { anything, mostly, numbers, texts } from './values.ts'

/** A zod schema with values that it may take or refuse, and how it is written, for the report. */
export interface Made {
  readonly schema: z.ZodType
  readonly values: fc.Arbitrary<unknown>
  readonly told: string
}

const level = { low: 0, high: 5 } as const
const leaves: readonly (readonly [string, z.ZodType, fc.Arbitrary<unknown>])[] = [
  ...formats.map(([told, schema]) => [told, schema, fc.constantFrom<unknown>(...texts)] as const),
  ['int', z.int(), fc.constantFrom<unknown>(...numbers)],
  ['int32', z.int32(), fc.constantFrom<unknown>(...numbers)],
  ['uint32', z.uint32(), fc.constantFrom<unknown>(...numbers)],
  ['float32', z.float32(), fc.constantFrom<unknown>(...numbers)],
  ['float64', z.float64(), fc.constantFrom<unknown>(...numbers)],
  ['boolean', z.boolean(), fc.boolean()],
  ['null', z.null(), fc.constant(null)],
  ['unknown', z.unknown(), anything],
  ['any', z.any(), anything],
  ['never', z.never(), anything],
  ['json', z.json(), fc.jsonValue()],
  ['enum', z.enum(['a', 'b', '1']), fc.constantFrom<unknown>('a', '1', 1, 'c')],
  ['enum number', z.enum(level), fc.constantFrom<unknown>(0, 5, 1, 'low', 'high')],
  ['literal', z.literal(['auto', 1, null, true]), fc.constantFrom<unknown>('auto', 1, null, true, '1', 'true')],
  ['literal 0', z.literal(0), fc.constantFrom<unknown>(0, -0, '0', false)],
]

const string: fc.Arbitrary<Made> = fc.array(fc.constantFrom(...textChecks), { maxLength: 3 }).map((checks) => ({
  schema: checks.reduce<Text>((schema, [, add]) => add(schema), z.string()),
  values: mostly(fc.constantFrom<unknown>(...texts)),
  told: `string${checks.map(([told]) => told).join('')}`,
}))
const number: fc.Arbitrary<Made> = fc.array(fc.constantFrom(...numberChecks), { maxLength: 3 }).map((checks) => ({
  schema: checks.reduce<z.ZodNumber>((schema, [, add]) => add(schema), z.number()),
  values: mostly(fc.constantFrom<unknown>(...numbers)),
  told: `number${checks.map(([told]) => told).join('')}`,
}))
/** A schema that holds no other. */
export const leaf: fc.Arbitrary<Made> = fc.oneof(
  string,
  number,
  fc.constantFrom(...leaves).map(([told, schema, values]) => ({ schema, values: mostly(values), told })),
)
