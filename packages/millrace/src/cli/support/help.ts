import { fileURLToPath } from 'node:url'
import { alternatives, assetKey, isObject, type Json, type Schema, showPath } from '@millrace/ir'
import { type AnyPipeline, pipelineDefinition } from '@millrace/sdk'
import { showSchema } from '../../program/values.ts'
import { shortPath } from '../../short-path.ts'

/** Objects within objects that are told field by field. */
const deepest = 3

/**
 * What `--floor 3` means where there is a parameter of that name: `floor=3`; undefined where there is none.
 *
 * @param flag with its dashes
 */
export function parameterMeant(
  flag: string,
  words: readonly string[],
  pipelines: readonly AnyPipeline[],
): string | undefined {
  const name = flag.replace(/^--?/, '')
  if (!pipelines.some((pipeline) => rows(pipeline).some(([known]) => known === name))) return undefined
  const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`))
  const given = words[at]?.startsWith(`${flag}=`) ? words[at]?.slice(flag.length + 1) : words[at + 1]
  return `${name}=${given === undefined || given.startsWith('-') ? 'value' : given}`
}

const rows = (pipeline: AnyPipeline): (readonly [string, string])[] => {
  const schema = pipelineDefinition(pipeline)?.inputSchema ?? {}
  return rowsOf(schema, schema, [])
}

/** The parameters of each pipeline, as the help of a command that takes some ends with them. */
export function parametersHelp(pipelines: readonly AnyPipeline[]): string {
  const parts = pipelines.flatMap((pipeline) => {
    const own = rows(pipeline)
    const width = Math.max(0, ...own.map(([name]) => name.length))
    const lines = own.map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
    return own.length > 0 ? [`\nParameters of ${pipeline.name}:`, ...lines] : []
  })
  return parts.length > 0 ? `${parts.join('\n')}\n` : ''
}

function rowsOf(schema: Schema, root: Schema, path: readonly string[]): (readonly [string, string])[] {
  const required = (schema.required as string[] | undefined) ?? []
  return Object.entries((schema.properties ?? {}) as { readonly [key: string]: Schema }).flatMap(([key, field]) => {
    const own = [...path, key]
    const [only, ...others] = alternatives(field, root)
    const isGroup = only && others.length === 0 && only.artifact === undefined && isObject(only.properties)
    if (isGroup && own.length < deepest) return rowsOf(only, root, own)
    const said = typeof field.description === 'string' ? `: ${field.description}` : ''
    const needed = required.includes(key)
      ? ''
      : 'default' in field
        ? `, default ${shown(field.default as Json)}`
        : ', optional'
    return [[showPath(own), `${showSchema(field)}${needed}${said}`] as const]
  })
}

function shown(value: Json): string {
  if (isObject(value) && typeof value[assetKey] === 'string') return shortPath(fileURLToPath(value[assetKey]))
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
