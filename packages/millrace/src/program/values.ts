import { statSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ArtifactPort,
  type ArtifactValue,
  alternatives,
  checkJson,
  type Diagnostic,
  didYouMean,
  fillDefaults,
  isDiagnosticError,
  isObject,
  type Json,
  type JsonObject,
  mapArtifacts,
  type Schema,
  setKey,
  showPath,
} from '@millrace/ir'
import { assetUrl } from '@millrace/sdk'
import { digestFile, digestFolder } from '@millrace/store'
import { shortPath } from '../short-path.ts'

/** The artifact at a path. Throws where nothing readable lies. */
export async function artifactAt(path: string): Promise<ArtifactValue> {
  const { digest, size } = statSync(path).isDirectory() ? await digestFolder(path) : await digestFile(path)
  return { path, digest, size }
}

/** What an input was read from, for its diagnostics. */
export interface Origin {
  readonly pipeline: string
  /** `the parameter` on the command line, `the input` from code. */
  readonly what: string
  readonly file?: string
  /** Not all of it could be read, so nothing is known to be missing. */
  readonly partial?: boolean
  place(path: Path): { readonly line?: number; readonly column?: number }
}

/** An input that a schema accepts: defaults applied, files found and digested. Problems are pushed. */
export async function readInput(
  schema: Schema,
  given: JsonObject,
  origin: Origin,
  asset: (token: string) => Json,
  problems: Diagnostic[],
): Promise<JsonObject> {
  const value = await readArtifacts(schema, given, (field, why, fix) =>
    problems.push({
      code: 'missing-file',
      severity: 'error',
      message: `${origin.what} "${showPath(field)}" names ${why}`,
      at: at(origin, field),
      fix,
    }),
  )
  // before defaults are filled in: which of several alternatives is meant, the value tells as it was given
  refuseFields(schema, value as JsonObject, [], { root: schema, origin, problems })
  // what is wrong with a field was told by its name
  if (problems.every(({ severity }) => severity !== 'error')) refuseWhole(schema, value, origin, problems)
  return fillDefaults(schema, value, schema, asset) as JsonObject
}

/** The artifacts at the paths that stand in a value. What can't be read is told to `refuse` and stays a path. */
export async function readArtifacts(
  schema: Schema,
  value: Json,
  refuse: (field: Path, why: string, fix: string) => void,
): Promise<Json> {
  const pending: { path: string; field: Path; kind: ArtifactPort['kind'] }[] = []
  mapArtifacts(schema, value, (at, { kind }, field) => {
    if (typeof at === 'string') pending.push({ path: at, field, kind })
    return at
  })
  const found = new Map<string, Json>()
  for (const { path, field, kind } of pending) {
    const there = kindOf(path)
    const named = `"${shortPath(path)}", which`
    if (path === '') refuse(field, `no ${kind}: the path is empty`, `Give the path of a ${kind}.`)
    else if (there === undefined) refuse(field, `${named} isn't there`, `Correct the path, or put the ${kind} there.`)
    else if (there !== kind)
      refuse(field, `${named} is a ${there}; it must be a ${kind}`, `Give the path of a ${kind}.`)
    else if (!found.has(path))
      try {
        found.set(path, (await artifactAt(path)) as unknown as Json)
      } catch (error) {
        const { message, fix } = isDiagnosticError(error)
          ? (error.diagnostics[0] as Diagnostic)
          : { message: (error as Error).message, fix: 'Correct the path, or make it readable.' }
        refuse(field, `${named} can't be read: ${message}`, fix)
      }
  }
  return mapArtifacts(schema, value, (at) => (typeof at === 'string' ? (found.get(at) ?? at) : at))
}

function kindOf(path: string): ArtifactPort['kind'] | undefined {
  const there = statSync(path, { throwIfNoEntry: false })
  return there && (there.isDirectory() ? 'folder' : 'file')
}

/** What no field that is named says: whether there may be others, and what they are. */
function refuseWhole(schema: Schema, value: Json, origin: Origin, problems: Diagnostic[]): void {
  const problem = checkJson(schema, value)
  if (problem === undefined) return
  problems.push({
    code: 'invalid-parameter',
    severity: 'error',
    message: `${origin.what === 'the input' ? 'the input' : 'a parameter'} of pipeline "${origin.pipeline}" is refused by its schema: ${problem}`,
    at: { pipeline: origin.pipeline, node: null },
    fix: 'Give what its schema says.',
  })
}

interface Refusing {
  readonly root: Schema
  readonly origin: Origin
  readonly problems: Diagnostic[]
}

/** Each field that is missing or that its schema refuses, at any depth; those that were told of already are left out. */
function refuseFields(schema: Schema, value: JsonObject, path: Path, refusing: Refusing): void {
  const { root, origin, problems } = refusing
  const owner = `of pipeline "${origin.pipeline}"`
  for (const [key, field] of Object.entries((schema.properties ?? {}) as { readonly [key: string]: Schema })) {
    const own = [...path, key]
    const name = showPath(own)
    if (problems.some((problem) => problem.at.path === name)) continue
    if (!Object.hasOwn(value, key)) {
      if (!requiredIn(schema).includes(key) || origin.partial || isMisspelt(key, path, schema, problems)) continue
      const added = leaves(own, field, root).map((leaf) => `--param ${showPath(leaf)}=…`)
      problems.push({
        code: 'missing-parameter',
        severity: 'error',
        message: `${origin.what} "${name}" ${owner} is missing`,
        at: at(origin, own),
        fix: origin.what === 'the input' ? `Give "${name}" in the input.` : `Add ${added.join(' ')}.`,
      })
      continue
    }
    const given = value[key] as Json
    const problem = checkJson(field, given, root)
    if (problem === undefined) continue
    const before = problems.length
    const object = objectOf(field, root)
    if (object && isObject(given)) refuseFields(object, given as JsonObject, own, refusing)
    if (problems.length > before || problems.some((problem) => isWithin(problem.at.path, name))) continue
    problems.push({
      code: 'invalid-parameter',
      severity: 'error',
      message: `${origin.what} "${name}" ${owner} is refused by its schema: ${problem}`,
      at: at(origin, own),
      fix: `Give "${name}" as its schema says: ${showSchema(field)}.`,
    })
  }
}

type Path = readonly (string | number)[]

const requiredIn = (schema: Schema): readonly string[] => (schema.required as string[] | undefined) ?? []

/** The schema of an object, where there is no other choice. */
function objectOf(schema: Schema, root: Schema): Schema | undefined {
  const [only, ...others] = alternatives(schema, root)
  return only && others.length === 0 && only.artifact === undefined && isObject(only.properties) ? only : undefined
}

/** The fields that must be given for a field to be there. */
function leaves(path: Path, schema: Schema, root: Schema): Path[] {
  const object = path.length < 8 ? objectOf(schema, root) : undefined
  const inner = object ? requiredIn(object) : []
  if (!object || inner.length === 0) return [path]
  const properties = object.properties as { readonly [key: string]: Schema }
  return inner.flatMap((key) => leaves([...path, key], properties[key] ?? {}, root))
}

const isWithin = (path: string | undefined, name: string): boolean =>
  path?.startsWith(`${name}.`) === true || path?.startsWith(`${name}[`) === true

/** Whether an unknown name beside it was probably meant for a field. */
function isMisspelt(key: string, path: Path, schema: Schema, problems: readonly Diagnostic[]): boolean {
  const known = Object.keys(schema.properties as object)
  const before = path.length > 0 ? `${showPath(path)}.` : ''
  return problems.some(({ code, at: { path: unknown = '' } }) => {
    if (code !== 'unknown-parameter' || !unknown.startsWith(before)) return false
    const typed = unknown.slice(before.length)
    return !typed.includes('.') && didYouMean(typed, known) === key
  })
}

/** The line of the parameters file, if the value is from there. */
function at(origin: Origin, field: Path): Diagnostic['at'] {
  const place = origin.place(field)
  const inFile = origin.file !== undefined && place.line !== undefined
  return {
    pipeline: origin.pipeline,
    node: null,
    path: showPath(field),
    ...(inFile ? { file: origin.file as string, ...place } : {}),
  }
}

/** A schema in a few words, for a message. */
export function showSchema(schema: Schema): string {
  if (isObject(schema.artifact)) return schema.artifact.kind === 'folder' ? 'a folder' : 'a file'
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`
  const options = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (options) return options.map(showSchema).join(' or ')
  if ('const' in schema) return JSON.stringify(schema.const)
  if (isObject(schema.properties)) return showObject(schema.properties as { readonly [key: string]: Schema })
  if (schema.type === 'array') return `a list of ${isObject(schema.items) ? showSchema(schema.items) : 'values'}`
  const limits = [
    schema.exclusiveMinimum === undefined ? '' : `above ${schema.exclusiveMinimum}`,
    schema.minimum === undefined ? '' : `from ${schema.minimum}`,
    schema.exclusiveMaximum === undefined ? '' : `below ${schema.exclusiveMaximum}`,
    schema.maximum === undefined || schema.maximum === Number.MAX_SAFE_INTEGER ? '' : `to ${schema.maximum}`,
  ].filter((limit) => limit !== '' && limit !== `from ${Number.MIN_SAFE_INTEGER}`)
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'a value that it accepts')
  return [type, ...limits].join(' ')
}

/** `{ kind: "a", rows, … }`: names of fields, with what is always the same. */
function showObject(fields: { readonly [key: string]: Schema }): string {
  const told = Object.entries(fields).map(([key, field]) =>
    'const' in field ? `${key}: ${JSON.stringify(field.const)}` : key,
  )
  return told.length === 0 ? 'an object' : `{ ${told.slice(0, 4).join(', ')}${told.length > 4 ? ', …' : ''} }`
}

/** What an author gives in code as JSON: assets and `{ path }` become paths, the rest must be JSON already. */
export function fromCode(value: unknown): unknown {
  const url = assetUrl(value)
  if (url !== undefined) return fileURLToPath(url)
  if (Array.isArray(value)) return value.map(fromCode)
  if (typeof value !== 'object' || value === null) return value
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== null && prototype !== Object.prototype) return value
  const out = {}
  for (const [key, item] of Object.entries(value)) setKey(out, key, fromCode(item))
  return out
}

/** Paths that stand where the schema wants artifacts, made absolute. */
export const absolutePaths = (schema: Schema, value: Json, base: string): Json =>
  mapArtifacts(schema, value, (at) => {
    const path = typeof at === 'string' ? at : (at as { path: string }).path
    // what an unset variable of a shell leaves would be the folder itself
    return path === '' ? path : resolvePath(base, path)
  })
