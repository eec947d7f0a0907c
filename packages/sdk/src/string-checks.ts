import { type Pattern, tellingFlags } from '@millrace/ir'
import type { z } from 'zod'
import { type CheckDef, checksOf, defOf } from './zod-def.ts'

/** The formats that are more than a regular expression, by what JSON Schema calls them. */
const computed: { readonly [format: string]: string } = {
  url: 'uri',
  ipv6: 'ipv6',
  cidrv6: 'cidrv6',
  base64: 'base64',
  base64url: 'base64url',
  jwt: 'jwt',
  credit_card: 'credit_card',
  iban: 'iban',
}
const isComputed = ({ format = '' }: CheckDef): boolean => Object.hasOwn(computed, format)

const patternOf = ({ source, flags }: RegExp): Pattern => {
  const telling = tellingFlags(flags)
  return { pattern: source, ...(telling === '' ? {} : { flags: telling }) }
}

/** For `includes` with a position, the `.` of zod's own expression does not match line ends. */
const inclusion = ({ pattern, includes = '', position }: CheckDef): RegExp =>
  position === undefined
    ? (pattern as RegExp)
    : new RegExp(`^[\\s\\S]{${position}}[\\s\\S]*${includes.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)

/** The regular expressions that a string must match, without those that zod only tells and does not use. */
function patternsOf(schema: z.core.$ZodType): Pattern[] {
  if (defOf(schema).type === 'template_literal') return [patternOf(schema._zod.pattern as RegExp)]
  return checksOf(schema).flatMap((check) => {
    if (!check.pattern || isComputed(check)) return []
    return patternOf(check.format === 'includes' ? inclusion(check) : check.pattern)
  })
}

/** Puts into the JSON Schema of a string all that zod checks of it: also the flags, and the options of a format. */
export function tellString(schema: z.core.$ZodType, json: Record<string, unknown>): void {
  const [first, ...more] = patternsOf(schema)
  delete json.pattern
  delete json.allOf
  if (first && more.length === 0) Object.assign(json, first)
  else if (first) json.allOf = [first, ...more]
  const format = checksOf(schema).find(isComputed)
  if (!format) return
  json.format = computed[format.format as string]
  if (format.protocol) json.protocol = patternOf(format.protocol)
  if (format.hostname) json.hostname = patternOf(format.hostname)
  if (format.alg !== undefined) json.alg = format.alg
}

/** What zod checks of a string and no JSON Schema of ours can tell; `undefined` where there is nothing. */
export function untold(schema: z.core.$ZodType): string | undefined {
  const checks = checksOf(schema).filter(({ check }) => check === 'string_format')
  const [, second] = checks.filter(isComputed)
  if (second) return `two formats, the second of which is ${second.format}`
  const own = checks.find((check) => !check.pattern && !isComputed(check))
  if (own) return `the format ${own.format}`
  return checks.some(({ normalize }) => normalize === true) ? 'z.url({ normalize: true })' : undefined
}
