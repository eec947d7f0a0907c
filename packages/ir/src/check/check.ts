import type { z } from 'zod'
import { isObject, type Json, showPath } from '../json.ts'
import { holdsMore, misfit } from '../misfit.ts'
import type { Schema } from '../port.ts'
import { type Issue, tellIssues } from './tell-issues.ts'
import { undeclared } from './undeclared.ts'
import { ZodOf } from './zod-of.ts'

/** By root: a field's `$ref`s look there. */
const checkers = new WeakMap<Schema, ZodOf>()
const shapeCheckers = new WeakMap<Schema, { readonly shape: Schema; readonly checker: z.ZodType }>()

/** A value with more parts is first checked by `misfit`: zod would collect an issue for each wrong part. */
const many = 20_000

/**
 * Checks a value by JSON Schema alone, as drivers do, which know no code of the author. Gives one line that says what
 * is wrong, or `undefined`.
 *
 * @param root the schema of which `schema` is a part
 */
export function checkJson(schema: Schema, value: Json | undefined, root: Schema = schema): string | undefined {
  let checker = checkers.get(root)
  if (!checker) {
    checker = new ZodOf(root)
    checkers.set(root, checker)
  }
  return problemOf(checker.of(schema), schema, value, root)
}

/**
 * Checks only what JSON Schema says exactly as zod does, whatever wrote it: types, fields, items, choices, bounds. For a
 * value that the author's own schema has passed elsewhere, where code of the author may have reached into the check.
 */
export function checkShape(schema: Schema, value: Json): string | undefined {
  try {
    let known = shapeCheckers.get(schema)
    if (!known) {
      const shape = shapeOf(schema)
      known = { shape, checker: new ZodOf(shape).of(shape) }
      shapeCheckers.set(schema, known)
    }
    return problemOf(known.checker, known.shape, value)
  } catch {
    // another stage of this process replaced what zod uses: the author's own check stands alone then
    return undefined
  }
}

/**
 * Checks an output that its stage may have made up: like checkShape, and no undeclared field may be in it. Patterns,
 * formats and divisors are not checked, as an honest output need not match them: zod tests a text before it trims it,
 * and never tests the values of `.default()` and `.catch()`.
 */
export function checkOutput(schema: Schema, value: Json): string | undefined {
  const problem = checkShape(schema, value)
  if (problem !== undefined) return problem
  const path = undeclared(schema, value)
  return path && `${showPath(path).slice(0, 200)}: Unrecognized key`
}

/** Of these JSON Schema says less than zod (formats), or more (fields beside an intersection's). */
const inexact = new Set(['pattern', 'flags', 'patternProperties', 'format', 'multipleOf', 'contentEncoding', 'default'])
/** Under these stand names of the author, not keywords. */
const named = new Set(['properties', '$defs'])
const values = new Set(['const', 'enum', 'required'])

function shapeOf(schema: Schema): Schema {
  const out: Record<string, unknown> = {}
  for (const [keyword, at] of Object.entries(schema)) {
    if (inexact.has(keyword) || (keyword === 'additionalProperties' && at === false)) continue
    if (values.has(keyword)) out[keyword] = at
    else if (named.has(keyword))
      out[keyword] = Object.fromEntries(Object.entries(at as Schema).map(([name, of]) => [name, shapeOf(of as Schema)]))
    // without what is inexact a value may fit several
    else if (keyword === 'oneOf') out.anyOf = (at as Schema[]).map(shapeOf)
    else if (Array.isArray(at)) out[keyword] = at.map((of) => (isObject(of) ? shapeOf(of as Schema) : of))
    else out[keyword] = isObject(at) ? shapeOf(at as Schema) : at
  }
  return out
}

function problemOf(
  checker: z.ZodType,
  schema: Schema,
  value: Json | undefined,
  root: Schema = schema,
): string | undefined {
  const wrong = value !== undefined && holdsMore(value, many) ? misfit(schema, value, root) : undefined
  if (wrong) return wrong.length === 0 ? 'Invalid input' : `${showPath(wrong)}: Invalid input`
  const result = checker.safeParse(value)
  if (result.success) return undefined
  return tellIssues(result.error.issues as readonly Issue[]).text
}
