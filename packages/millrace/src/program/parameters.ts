import { readFileSync } from 'node:fs'
import { dirname, resolve as resolvePath } from 'node:path'
import {
  alternatives,
  type Diagnostic,
  hint,
  isObject,
  type Json,
  type JsonObject,
  type Schema,
  setKey,
  showPath,
  toJson,
} from '@millrace/ir'
import { shortPath } from '../short-path.ts'
import type { Origin } from './values.ts'
import { absolutePaths } from './values.ts'

type Path = readonly (string | number)[]

/** The parameters of a run as given on the command line, before defaults; what is wrong with them is pushed. */
export interface GivenParameters {
  readonly value: JsonObject
  readonly origin: Origin
}

/**
 * Reads `--params file` and then each `--param k=v` over it. A string field takes `v` as it is, others take JSON; dots
 * nest, repeating appends to a list; a file parameter is a path from the current folder, or from the file's.
 */
export async function readParameters(
  pipeline: string,
  schema: Schema,
  given: { readonly param: readonly string[]; readonly params: string | undefined },
  problems: Diagnostic[],
): Promise<GivenParameters> {
  const places = new Map<string, { line: number; column: number }>()
  const file = given.params === undefined ? undefined : resolvePath(given.params)
  const before = problems.length
  const value = file === undefined ? {} : await readFile(file, pipeline, schema, places, problems)
  const partial = problems.length > before
  const fromLine = new Set<string>()
  for (const text of given.param) setParameter(value, text, fromLine, pipeline, schema, problems)
  checkNames(value, schema, schema, [], pipeline, file, places, problems)
  checkNumbers(value, pipeline, problems)
  const whole = absolutePaths(schema, value, process.cwd()) as JsonObject
  const origin: Origin = {
    pipeline,
    what: 'the parameter',
    ...(file === undefined ? {} : { file }),
    partial,
    place(path) {
      const names = path.map((_, i) => showPath(path.slice(0, i + 1))).reverse()
      if (names.some((name) => fromLine.has(name))) return {}
      return places.get(names.find((name) => places.has(name)) ?? '') ?? {}
    },
  }
  return { value: whole, origin }
}

/** JSON readers round what is beyond 2^53 without a word. */
function checkNumbers(value: JsonObject, pipeline: string, problems: Diagnostic[]): void {
  const json = toJson(value)
  if ('json' in json) return
  const path = showPath(json.problem.path)
  problems.push({
    code: 'invalid-parameter',
    severity: 'error',
    message: `the parameter "${path}" of pipeline "${pipeline}" ${json.problem.reason}, which JSON can't carry`,
    at: { pipeline, node: null, path },
    fix: 'Give it as a string, or within 2^53.',
  })
}

async function readFile(
  file: string,
  pipeline: string,
  schema: Schema,
  places: Map<string, { line: number; column: number }>,
  problems: Diagnostic[],
): Promise<JsonObject> {
  const refuse = (message: string, fix: string, at: object = {}): JsonObject => {
    problems.push({
      code: 'bad-parameters-file',
      severity: 'error',
      message,
      at: { pipeline, node: null, file, ...at },
      fix,
    })
    return {}
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    problems.push({
      code: 'missing-file',
      severity: 'error',
      message: `the parameters file "${shortPath(file)}" can't be read: ${whyNot(error as NodeJS.ErrnoException)}`,
      at: { pipeline, node: null },
      fix: 'Correct the path after --params, or put the file there.',
    })
    return {}
  }
  if (text.length > 8 * 1024 * 1024)
    return refuse('the parameters file is larger than 8 MiB', 'Give large data as a file parameter.')
  const { isMap, LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const wrong = document.errors[0]
  if (wrong) {
    const { line, col } = lines.linePos(wrong.pos[0])
    return refuse(`the parameters file isn't YAML: ${wrong.message}`, 'Mend the file; JSON is fine too.', {
      line,
      column: col,
    })
  }
  const value = document.toJS({ maxAliasCount: 100 }) as unknown
  if (value === null || value === undefined) return {}
  if (!isObject(value))
    return refuse('the parameters file holds no mapping of names to values', 'Write lines like "epochs: 20".', {
      line: 1,
      column: 1,
    })
  const visit = (node: unknown, path: Path): void => {
    if (!isMap(node)) return
    for (const pair of node.items) {
      const key = pair.key as { value?: unknown; range?: readonly number[] }
      const at = [...path, String(key.value)]
      const { line, col } = lines.linePos(key.range?.[0] ?? 0)
      places.set(showPath(at), { line, column: col })
      visit(pair.value, at)
    }
  }
  visit(document.contents, [])
  return absolutePaths(schema, structuredClone(value) as Json, dirname(file)) as JsonObject
}

const whyNot = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT' ? "it isn't there" : code === 'EISDIR' ? 'it is a folder' : (code ?? message)

function setParameter(
  target: JsonObject,
  text: string,
  seen: Set<string>,
  pipeline: string,
  schema: Schema,
  problems: Diagnostic[],
): void {
  const cut = text.indexOf('=')
  const refuse = (code: Diagnostic['code'], message: string, fix: string, path?: string) =>
    problems.push({ code, severity: 'error', message, at: { pipeline, node: null, ...(path ? { path } : {}) }, fix })
  if (cut < 1) return void refuse('usage', `--param ${text} has no value`, 'Write --param name=value.', text)
  const name = text.slice(0, cut)
  const raw = text.slice(cut + 1)
  const path = name.split('.')
  let options: readonly Schema[] = [schema]
  let at = target as Record<string, Json>
  for (const [depth, key] of path.entries()) {
    options = options.flatMap((option) => alternatives(option, schema)).flatMap((option) => fieldsNamed(option, key))
    if (options.length === 0)
      return void unknownParameter(path.slice(0, depth + 1), schema, pipeline, undefined, {}, problems)
    if (depth === path.length - 1) break
    if (!isObject(at[key])) setKey(at, key, {})
    at = at[key] as Record<string, Json>
  }
  const key = path.at(-1) as string
  const flat = options.flatMap((option) => alternatives(option, schema))
  const list = flat.find((option) => option.type === 'array')
  const read = (choices: readonly Schema[]): Json | undefined => readValue(raw, choices)
  let value: Json | undefined
  const others = flat.filter((option) => option !== list)
  const whole = seen.has(name) ? undefined : jsonOf(raw)
  // beside a list another alternative may take the JSON as it stands
  if (whole !== undefined && others.some((option) => fits(whole, option))) value = whole
  else if (list) {
    const listed = readValue(raw, [list])
    const item = isObject(list.items) ? read(alternatives(list.items as Schema, schema)) : read([{}])
    value = Array.isArray(listed) ? (listed as Json) : item === undefined ? undefined : [item]
    if (seen.has(name) && value !== undefined) value = [...(at[key] as Json[]), ...(value as Json[])]
  } else {
    if (seen.has(name))
      return void refuse(
        'invalid-parameter',
        `the parameter "${name}" is given twice, and it is not a list`,
        'Give it once.',
        name,
      )
    value = read(flat)
  }
  if (value === undefined)
    return void refuse(
      'invalid-parameter',
      `the parameter "${name}" of pipeline "${pipeline}" is not JSON: ${raw === '' ? 'nothing' : raw.slice(0, 80)}`,
      `Give JSON, for example --param ${name}=${exampleOf(flat)}.`,
      name,
    )
  seen.add(name)
  setKey(at, key, value)
}

/** The JSON of a text, if it is JSON. */
function jsonOf(raw: string): Json | undefined {
  try {
    return JSON.parse(raw) as Json
  } catch {
    return undefined
  }
}

/** A string field takes the text as it is, others take JSON; where both fit, JSON that the schema names wins. */
function readValue(raw: string, options: readonly Schema[]): Json | undefined {
  const takesText = options.some(
    (option) => option.type === 'string' || option.artifact !== undefined || typeof option.const === 'string',
  )
  const takesOther = options.some(
    (option) => option.type !== 'string' && option.artifact === undefined && typeof option.const !== 'string',
  )
  if (takesText && !takesOther) return raw
  const json = jsonOf(raw)
  if (json !== undefined && takesText && typeof json === 'string') return raw
  if (json !== undefined && options.some((option) => fits(json as Json, option))) return json
  return takesText ? raw : json
}

function fits(value: Json, { type }: Schema): boolean {
  if (type === undefined) return true
  if (value === null) return type === 'null'
  if (Array.isArray(value)) return type === 'array'
  if (type === 'integer') return Number.isInteger(value)
  return type === typeof value
}

const exampleOf = (options: readonly Schema[]): string => {
  const type = options[0]?.type
  return type === 'boolean' ? 'true' : type === 'array' ? "'[1,2]'" : type === 'object' ? `'{"a":1}'` : '3'
}

function fieldsNamed(schema: Schema, key: string): Schema[] {
  const properties = schema.properties as { readonly [key: string]: Schema } | undefined
  if (properties && Object.hasOwn(properties, key)) return [properties[key] as Schema]
  if (isObject(schema.additionalProperties)) return [schema.additionalProperties]
  return schema.type === undefined && !properties ? [{}] : []
}

export function checkNames(
  value: Json,
  schema: Schema,
  root: Schema,
  path: Path,
  pipeline: string,
  file: string | undefined,
  places: ReadonlyMap<string, { line: number; column: number }>,
  problems: Diagnostic[],
): void {
  if (!isObject(value)) return
  const options = alternatives(schema, root)
  if (!options.every((option) => isObject(option.properties)) || options.length === 0) return
  for (const [key, item] of Object.entries(value)) {
    const fields = options.flatMap((option) => fieldsNamed(option, key))
    const at = [...path, key]
    if (fields.length === 0) unknownParameter(at, root, pipeline, file, places.get(showPath(at)) ?? {}, problems)
    else if (fields.length === 1)
      checkNames(item as Json, fields[0] as Schema, root, at, pipeline, file, places, problems)
  }
}

function unknownParameter(
  path: Path,
  schema: Schema,
  pipeline: string,
  file: string | undefined,
  place: object,
  problems: Diagnostic[],
): void {
  let options = alternatives(schema, schema)
  for (const key of path.slice(0, -1))
    options = options
      .flatMap((option) => fieldsNamed(option, String(key)))
      .flatMap((option) => alternatives(option, schema))
  const known = options.flatMap((option) => (isObject(option.properties) ? Object.keys(option.properties) : []))
  const owner = path.length > 1 ? `the parameter "${showPath(path.slice(0, -1))}"` : `pipeline "${pipeline}"`
  const what = path.length > 1 ? 'field' : 'parameter'
  problems.push({
    code: 'unknown-parameter',
    severity: 'error',
    message: `${owner} has no ${what} "${String(path.at(-1))}"${hint(String(path.at(-1)), known)}`,
    at: { pipeline, node: null, path: showPath(path), ...(file === undefined ? {} : { file, ...place }) },
    fix: known.length > 0 ? `Use one of: ${known.join(', ')}.` : 'Leave it out: there is nothing to set.',
  })
}
