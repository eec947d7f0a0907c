import { type Diagnostic, isObject, type Json, type JsonObject, type Schema, showPath, toJson } from '@millrace/ir'
import type { Given } from './prepare.ts'
import { absolutePaths, fromCode } from './values.ts'

/** An input as code gives it; a file or folder is a path, from the current folder. What is wrong is added to the problems. */
export function givenInput(input: unknown, pipeline: string, schema: Schema, problems: Diagnostic[]): Given {
  const before = problems.length
  const value = inputOf(input, pipeline, schema, problems)
  const partial = problems.length > before
  return { value, origin: { pipeline, what: 'the input', partial, place: () => ({}) } }
}

function inputOf(input: unknown, pipeline: string, schema: Schema, problems: Diagnostic[]): JsonObject {
  const json = toJson(fromCode(input))
  const refused = (message: string, field = ''): JsonObject => {
    problems.push({
      code: 'invalid-parameter',
      severity: 'error',
      message: `the input ${field === '' ? '' : `"${field}" `}of pipeline "${pipeline}" ${message}`,
      at: { pipeline, node: null, ...(field === '' ? {} : { path: field }) },
      fix: 'Give a plain object of JSON values.',
    })
    return {}
  }
  if ('problem' in json) return refused(`${json.problem.reason}, which JSON can't carry`, showPath(json.problem.path))
  if (!isObject(json.json)) return refused('is not an object')
  return absolutePaths(schema, json.json as Json, process.cwd()) as JsonObject
}
