import { copy, type Diagnostic, isObject, type JsonObject } from '@millrace/ir'
import { shortPath } from '../../short-path.ts'
import { readText } from './file-text.ts'
import type { FieldLocations, Found } from './found.ts'
import { readYaml } from './yaml-value.ts'

/** What a file of parameters holds, YAML or JSON; what is wrong with it is pushed. */
export async function readParametersFile(
  file: string,
  pipeline: string,
  places: FieldLocations,
  problems: Diagnostic[],
): Promise<JsonObject> {
  const at = { pipeline, node: null }
  const refuse = (found: Found): JsonObject => {
    const { message, fix, line, column } = found
    const place = line === undefined || column === undefined ? {} : { line, column }
    const told = `the parameters file ${message}`
    problems.push({ code: 'bad-parameters-file', severity: 'error', message: told, at: { ...at, file, ...place }, fix })
    return {}
  }
  const read = readText(file)
  if ('unreadable' in read) {
    problems.push({
      code: 'missing-file',
      severity: 'error',
      message: `the parameters file "${shortPath(file)}" can't be read: ${read.unreadable}`,
      at,
      fix: 'Correct the path after --params, or put the file there.',
    })
    return {}
  }
  if ('message' in read) return refuse(read)
  const parsed = await readYaml(read.text, places)
  if ('message' in parsed) return refuse(parsed)
  const { value } = parsed
  if (value === null || value === undefined) return {}
  // what two names share by an alias is each one's own
  if (isObject(value)) return copy(value as JsonObject)
  return refuse({
    message: 'holds no mapping of names to values',
    fix: 'Write lines like "epochs: 20".',
    line: 1,
    column: 1,
  })
}
