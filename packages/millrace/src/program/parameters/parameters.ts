import { resolve as resolvePath } from 'node:path'
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
import { absolutePaths, type Origin } from '../values.ts'
import type { FieldLocations } from './found.ts'
import { fieldNamed, fieldsNamed, propertiesOf } from './named-field.ts'
import { readParametersFile } from './parameters-file.ts'
import { readTexts } from './text-value.ts'

type Path = readonly (string | number)[]

/** The parameters of a run as given on the command line, before defaults; what is wrong with them is pushed. */
export interface GivenParameters {
  readonly value: JsonObject
  readonly origin: Origin
}

/** What parameters are read for. */
interface Reading {
  readonly pipeline: string
  readonly schema: Schema
  readonly problems: Diagnostic[]
}

/**
 * Reads `--params file` and then each `--param k=v` over it. Dots nest, repeating appends to a list; what a text means is
 * said in text-value.ts. A file parameter is a path from the current folder, or from the file's.
 */
export async function readParameters(
  pipeline: string,
  schema: Schema,
  given: { readonly param: readonly string[]; readonly params: string | undefined },
  problems: Diagnostic[],
): Promise<GivenParameters> {
  const places: FieldLocations = new Map()
  const file = given.params === undefined ? undefined : resolvePath(given.params)
  const before = problems.length
  const read = file === undefined ? {} : await readParametersFile(file, pipeline, places, problems)
  const value = (file === undefined ? read : absolutePaths(schema, read, resolvePath(file, '..'))) as JsonObject
  const partial = problems.length > before
  const fromLine = setParameters(value, given.param, { pipeline, schema, problems })
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

/** Several `--param` of one name. */
interface Given {
  readonly name: string
  readonly keys: readonly string[]
  readonly schema: Schema
  readonly texts: string[]
  /** Which `--param` was the first of them. */
  readonly first: number
}

/** Sets what `--param` gives; gives the names that were set. */
function setParameters(
  target: JsonObject,
  params: readonly string[],
  { pipeline, schema, problems }: Reading,
): ReadonlySet<string> {
  const set = new Set<string>()
  const found = new Map<string, Given>()
  const wrong: (Diagnostic | undefined)[] = []
  for (const [i, param] of params.entries()) {
    if (param.indexOf('=') < 1) {
      wrong[i] = refused('usage', pipeline, param, `--param ${param} has no value`, 'Write --param name=value.')
      continue
    }
    const { name, text, field } = nameIn(param, schema)
    const given = found.get(name)
    if ('unknown' in field) {
      wrong[i] = unknownParameter(field.unknown, field.known, pipeline)
      objectAt(target, field.unknown.slice(0, -1), false)
    } else if (given) given.texts.push(text)
    else found.set(name, { name, keys: field.keys, schema: field.schema, texts: [text], first: i })
  }
  for (const given of found.values()) {
    wrong[given.first] = setParameter(target, given, set, pipeline, schema)
    if (!wrong[given.first]) set.add(given.name)
  }
  problems.push(...wrong.filter((problem) => problem !== undefined))
  return set
}

/** The object at a path, made where there is none; `undefined` where something else is that must not be replaced. */
function objectAt(target: JsonObject, path: readonly string[], replace: boolean): Record<string, Json> | undefined {
  let at = target as Record<string, Json>
  for (const key of path) {
    if (!Object.hasOwn(at, key) || (replace && !isObject(at[key]))) setKey(at, key, {})
    if (!isObject(at[key])) return undefined
    at = at[key] as Record<string, Json>
  }
  return at
}

/** The name ends at the first `=` at which there is a field of that name. */
function nameIn(param: string, schema: Schema) {
  const cuts = [...param.matchAll(/=/g)].map(({ index }) => index).filter((index) => index > 0)
  const read = (cut: number) => {
    const name = param.slice(0, cut)
    return { name, text: param.slice(cut + 1), field: fieldNamed(name, schema, schema) }
  }
  const isDeclared = Object.keys(propertiesOf(schema)).some((name) => name.includes('='))
  const found = isDeclared ? cuts.map(read).find(({ field }) => 'keys' in field) : undefined
  return found ?? read(cuts[0] as number)
}

function setParameter(
  target: JsonObject,
  { name, keys, schema, texts }: Given,
  set: ReadonlySet<string>,
  pipeline: string,
  root: Schema,
): Diagnostic | undefined {
  const refuse = (message: string, fix: string) => refused('invalid-parameter', pipeline, name, message, fix)
  const last = keys.at(-1) as string
  const parents = keys.slice(0, -1)
  const part = [...set].find((other) => other.startsWith(`${name}.`))
  if (part !== undefined) return refuse(...both(part, name))
  const whole = [...set].find((other) => name.startsWith(`${other}.`))
  // what a file gives is replaced
  const at = objectAt(target, parents, whole === undefined)
  if (!at) return refuse(...both(name, whole as string))
  const read = readTexts(texts, schema, root)
  if (read === 'twice') return refuse(`the parameter "${name}" is given twice, and it is not a list`, 'Give it once.')
  if (read === undefined) {
    const [text = ''] = texts
    const message = `the parameter "${name}" of pipeline "${pipeline}" is not JSON: ${text === '' ? 'nothing' : text.slice(0, 80)}`
    return refuse(message, `Give JSON, for example --param ${name}=${exampleOf(alternatives(schema, root))}.`)
  }
  setKey(at, last, read.value)
  return undefined
}

const both = (part: string, whole: string): [string, string] => [
  `the parameter "${whole}" is given as a whole, and "${part}" is a part of it`,
  'Give the whole first, as an object, or only its parts.',
]

const refused = (
  code: Diagnostic['code'],
  pipeline: string,
  path: string,
  message: string,
  fix: string,
): Diagnostic => ({
  code,
  severity: 'error',
  message,
  at: { pipeline, node: null, path },
  fix,
})

const exampleOf = (options: readonly Schema[]): string => {
  const type = options[0]?.type
  return type === 'boolean' ? 'true' : type === 'array' ? "'[1,2]'" : type === 'object' ? `'{"a":1}'` : '3'
}

/** Names in a value that its schema does not have. */
export function checkNames(
  value: Json,
  schema: Schema,
  root: Schema,
  path: Path,
  pipeline: string,
  file: string | undefined,
  places: FieldLocations,
  problems: Diagnostic[],
): void {
  if (!isObject(value)) return
  const options = alternatives(schema, root)
  if (!options.every((option) => isObject(option.properties)) || options.length === 0) return
  for (const [key, item] of Object.entries(value)) {
    const fields = options.flatMap((option) => fieldsNamed(option, key))
    const at = [...path, key]
    const [only, ...others] = fields
    if (only === undefined) {
      const known = [...new Set(options.flatMap((option) => Object.keys(propertiesOf(option))))]
      problems.push(unknownParameter(at, known, pipeline, file, places.get(showPath(at))))
    } else if (others.length === 0) checkNames(item as Json, only, root, at, pipeline, file, places, problems)
  }
}

function unknownParameter(
  path: Path,
  known: readonly string[],
  pipeline: string,
  file?: string,
  place?: { readonly line: number; readonly column: number },
): Diagnostic {
  const owner = path.length > 1 ? `the parameter "${showPath(path.slice(0, -1))}"` : `pipeline "${pipeline}"`
  const what = path.length > 1 ? 'field' : 'parameter'
  return {
    code: 'unknown-parameter',
    severity: 'error',
    message: `${owner} has no ${what} "${String(path.at(-1))}"${hint(String(path.at(-1)), known)}`,
    at: { pipeline, node: null, path: showPath(path), ...(file === undefined ? {} : { file, ...place }) },
    fix: known.length > 0 ? `Use one of: ${known.join(', ')}.` : 'Leave it out: there is nothing to set.',
  }
}
