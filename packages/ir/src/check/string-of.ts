import { z } from 'zod'
import type { Schema } from '../port.ts'

/** A regular expression as a schema of ours tells it: JSON Schema's `pattern` has no flags. */
export interface Pattern {
  readonly pattern: string
  readonly flags?: string
}

/** The flags that change what a test says. */
export const tellingFlags = (flags: string): string => flags.replace(/[^imsuvy]/g, '')

const regexOf = ({ pattern, flags }: Pattern): RegExp => new RegExp(pattern, flags)

const optionOf = (schema: Schema, name: string): { readonly [option: string]: RegExp } =>
  schema[name] === undefined ? {} : { [name]: regexOf(schema[name] as Pattern) }

/** The formats that are more than a regular expression: zod's own code is what checks them. */
const computed: { readonly [format: string]: (schema: Schema) => z.core.$ZodCheck<string> } = {
  uri: (schema) => z.url({ ...optionOf(schema, 'protocol'), ...optionOf(schema, 'hostname') }),
  ipv6: () => z.ipv6(),
  cidrv6: () => z.cidrv6(),
  base64: () => z.base64(),
  base64url: () => z.base64url(),
  jwt: (schema) => z.jwt(schema.alg === undefined ? {} : { alg: schema.alg as 'HS256' }),
  credit_card: () => z.creditCard(),
  iban: () => z.iban(),
}

/** What zod calls a format that JSON Schema calls otherwise. */
const names: { readonly [format: string]: string } = { 'date-time': 'datetime', 'json-string': 'json_string' }

/** The zod schema of a JSON Schema whose type is `string`. */
export function stringOf(schema: Schema): z.ZodType {
  const { format, minLength, maxLength, pattern, allOf } = schema
  const checks: z.core.$ZodCheck<string>[] = []
  const check = typeof format === 'string' && Object.hasOwn(computed, format) ? computed[format] : undefined
  if (check) checks.push(check(schema))
  if (typeof minLength === 'number') checks.push(z.minLength(minLength))
  if (typeof maxLength === 'number') checks.push(z.maxLength(maxLength))
  if (pattern !== undefined) {
    const regex = regexOf(schema as unknown as Pattern)
    checks.push(typeof format === 'string' && !check ? formatCheck(format, regex) : z.regex(regex))
  }
  for (const more of (allOf ?? []) as Pattern[]) checks.push(z.regex(regexOf(more)))
  return z.string().check(...checks)
}

/** A format that is a regular expression, under its name: `Invalid email address` says more than the expression. */
const formatCheck = (format: string, pattern: RegExp): z.core.$ZodCheck<string> =>
  new z.core.$ZodCheckStringFormat({
    check: 'string_format',
    format: (names[format] ?? format) as z.core.$ZodStringFormats,
    pattern,
  }) as unknown as z.core.$ZodCheck<string>
