import {
  assetKey,
  checkJson,
  type Diagnostic,
  type DiagnosticLocation,
  fillDefaults,
  isObject,
  type Json,
  type Schema,
  showPath,
} from '@millrace/ir'
import type { z } from 'zod'
import { jsonSchemaOf, type Side } from './json-schema.ts'
import { type Problem, walk } from './schema-walk.ts'
import { defOf } from './zod-def.ts'

/** The JSON Schema of one side of a stage or pipeline, and what in the zod schema JSON can't carry. */
export function schemaOf(
  schema: z.ZodObject,
  side: Side,
  owner: { readonly what: string; readonly at: DiagnosticLocation; readonly pure: boolean },
): { readonly schema: Schema; readonly problems: readonly Diagnostic[] } {
  const report = (problem: Problem): Diagnostic => ({
    code: 'bad-schema',
    severity: 'error',
    message: `${owner.what}: the ${side} ${problem.path.length > 0 ? `field "${showPath(problem.path)}" ` : ''}${problem.message}`,
    at: { ...owner.at, ...(problem.path.length > 0 ? { path: showPath(problem.path) } : {}) },
    fix: problem.fix,
  })
  const given: unknown = schema
  if (typeof given !== 'object' || given === null || !('_zod' in given) || defOf(schema).type !== 'object')
    return {
      schema: {},
      problems: [report({ path: [], message: 'is not a z.object(…)', fix: `Give the ${side} as z.object({ … }).` })],
    }
  const problems = walk(schema, side, owner.pure)
  if (problems.length > 0) return { schema: {}, problems: problems.map(report) }
  try {
    const json = jsonSchemaOf(schema, side, { pure: owner.pure })
    return { schema: json, problems: owner.pure ? wrongDefaults(json).map(report) : [] }
  } catch (error) {
    const message = `can't be told as JSON Schema: ${(error as Error).message}`
    return { schema: {}, problems: [report({ path: [], message, fix: 'Use a schema that JSON can carry.' })] }
  }
}

/** zod gives a default as it is; here it is checked like what is given. */
function wrongDefaults(root: Schema): Problem[] {
  const found: Problem[] = []
  const open: { readonly schema: Schema; readonly path: readonly string[] }[] = [{ schema: root, path: [] }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { schema, path } = next
    if ('default' in schema && !JSON.stringify(schema.default).includes(assetKey)) {
      const value = fillDefaults(schema, schema.default as Json, root, () => null)
      const problem = checkJson(schema, value, root)
      const fix = 'Give a default that the schema takes.'
      if (problem) found.push({ path, message: `has a default that its schema refuses: ${problem}`, fix })
    }
    const fields = isObject(schema.properties) ? Object.entries(schema.properties).reverse() : []
    for (const [key, field] of fields) open.push({ schema: field as Schema, path: [...path, key] })
  }
  return found
}
