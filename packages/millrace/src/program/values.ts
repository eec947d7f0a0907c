import { existsSync, statSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ArtifactValue,
  checkJson,
  type Diagnostic,
  fillDefaults,
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
  place(path: readonly (string | number)[]): { readonly line?: number; readonly column?: number }
}

/** An input that a schema accepts: defaults applied, files found and digested. Problems are pushed. */
export async function readInput(
  schema: Schema,
  given: JsonObject,
  origin: Origin,
  asset: (token: string) => Json,
  problems: Diagnostic[],
): Promise<JsonObject> {
  const filled = fillDefaults(schema, given, schema, asset)
  const pending: { path: string; field: readonly (string | number)[] }[] = []
  mapArtifacts(schema, filled, (at, _port, field) => {
    if (typeof at === 'string') pending.push({ path: at, field })
    return at
  })
  const found = new Map<string, Json>()
  for (const { path, field } of pending) {
    if (found.has(path)) continue
    try {
      found.set(path, (await artifactAt(path)) as unknown as Json)
    } catch (error) {
      const missing = !existsSync(path)
      problems.push({
        code: 'missing-file',
        severity: 'error',
        message: `${origin.what} "${showPath(field)}" names "${path}", ${missing ? "which isn't there" : `which can't be read: ${(error as Error).message}`}`,
        at: at(origin, field),
        fix: 'Correct the path, or put the file there.',
      })
    }
  }
  if (problems.length > 0) return filled as JsonObject
  const value = mapArtifacts(schema, filled, (at) => (typeof at === 'string' ? (found.get(at) as Json) : at))
  problems.push(...refusals(schema, value as JsonObject, origin))
  return value as JsonObject
}

function refusals(schema: Schema, value: JsonObject, origin: Origin): Diagnostic[] {
  const properties = (schema.properties ?? {}) as { readonly [key: string]: Schema }
  const required = (schema.required as string[] | undefined) ?? []
  return Object.entries(properties).flatMap(([key, field]): Diagnostic[] => {
    if (!Object.hasOwn(value, key)) {
      if (!required.includes(key)) return []
      return [
        {
          code: 'missing-parameter',
          severity: 'error',
          message: `${origin.what} "${key}" of pipeline "${origin.pipeline}" is missing`,
          at: at(origin, [key]),
          fix: origin.what === 'the input' ? `Give "${key}" in the input.` : `Add --param ${key}=….`,
        },
      ]
    }
    const problem = checkJson(schema.$defs ? { ...field, $defs: schema.$defs } : field, value[key] as Json)
    if (problem === undefined) return []
    return [
      {
        code: 'invalid-parameter',
        severity: 'error',
        message: `${origin.what} "${key}" of pipeline "${origin.pipeline}" is refused by its schema: ${problem}`,
        at: at(origin, [key]),
        fix: `Give "${key}" as its schema says: ${showSchema(field)}.`,
      },
    ]
  })
}

const at = (origin: Origin, field: readonly (string | number)[]): Diagnostic['at'] => ({
  pipeline: origin.pipeline,
  node: null,
  path: showPath(field),
  ...(origin.file === undefined ? {} : { file: origin.file, ...origin.place(field) }),
})

/** A schema in a few words, for a message. */
function showSchema(schema: Schema): string {
  if (isObject(schema.artifact)) return schema.artifact.kind === 'folder' ? 'a folder' : 'a file'
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`
  const options = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (options) return options.map(showSchema).join(' or ')
  if (schema.type === 'array') return `a list of ${isObject(schema.items) ? showSchema(schema.items) : 'values'}`
  const limits = [
    schema.exclusiveMinimum === undefined ? '' : `above ${schema.exclusiveMinimum}`,
    schema.minimum === undefined ? '' : `from ${schema.minimum}`,
    schema.exclusiveMaximum === undefined ? '' : `below ${schema.exclusiveMaximum}`,
    schema.maximum === undefined || schema.maximum === Number.MAX_SAFE_INTEGER ? '' : `to ${schema.maximum}`,
  ].filter((limit) => limit !== '' && limit !== `from ${Number.MIN_SAFE_INTEGER}`)
  return [String(schema.type ?? 'a value that it accepts'), ...limits].join(' ')
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
    return resolvePath(base, path)
  })
