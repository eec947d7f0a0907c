import { z } from 'zod'
import { type Json, showPath } from './json.ts'
import type { Schema } from './port.ts'

const checkers = new WeakMap<Schema, z.ZodType>()

/**
 * Checks a value by JSON Schema alone, as drivers do, which know no code of the author. Gives one line that says what
 * is wrong, or `undefined`.
 */
export function checkJson(schema: Schema, value: Json | undefined): string | undefined {
  let checker = checkers.get(schema)
  if (!checker) {
    checker = z.fromJSONSchema(schema as never) as z.ZodType
    checkers.set(schema, checker)
  }
  const result = checker.safeParse(value)
  if (result.success) return undefined
  return result.error.issues
    .slice(0, 5)
    .map((issue) => {
      const path = showPath(issue.path)
      return path ? `${path}: ${issue.message}` : issue.message
    })
    .join('; ')
}
