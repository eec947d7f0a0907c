import { isDeepStrictEqual } from 'node:util'
import { isObject } from '@millrace/ir'
import type { ClusterEnvironment } from '../environment.ts'

/** A setting of `millrace.config.ts`: `image`, or an entry of one that holds many: `accelerators.a100-80gb`. */
type Setting = readonly [name: string, entry?: string]

/** Settings whose entries have nothing to do with one another. */
const tables = new Set(['env', 'labels', 'accelerators', 'parameters', 'storageClasses'])

const shown = ([name, entry]: Setting): string => (entry === undefined ? name : `${name}.${entry}`)

/**
 * The settings that make the view of `b` another than that of `a`: those that suffice alone, else all that have an
 * effect. Found by trying each setting, so that no rule of placement is written twice.
 *
 * @param view the text to compare, as an environment gives it
 */
export function declaredBy(
  a: ClusterEnvironment,
  b: ClusterEnvironment,
  view: (environment: ClusterEnvironment) => string | undefined,
): readonly string[] {
  const [before, after] = [view(a), view(b)]
  const settings = differing(a, b)
  const enough = settings.filter((setting) => view(withSetting(a, b, setting)) === after)
  const part = enough.length > 0 ? enough : settings.filter((setting) => view(withSetting(a, b, setting)) !== before)
  const found = part.length > 0 ? part : settings.filter((setting) => view(withSetting(b, a, setting)) !== after)
  return (found.length > 0 ? found : settings).map(shown)
}

function differing(a: ClusterEnvironment, b: ClusterEnvironment): Setting[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof ClusterEnvironment)[]
  return names.flatMap((name): Setting[] => {
    if (isDeepStrictEqual(a[name], b[name])) return []
    if (!tables.has(name)) return [[name]]
    const [one, other] = [tableOf(a, name), tableOf(b, name)]
    const entries = [...new Set([...Object.keys(one), ...Object.keys(other)])]
    return entries.filter((entry) => !isDeepStrictEqual(one[entry], other[entry])).map((entry) => [name, entry])
  })
}

/** An environment with one setting of another. */
function withSetting(
  environment: ClusterEnvironment,
  from: ClusterEnvironment,
  [name, entry]: Setting,
): ClusterEnvironment {
  const key = name as keyof ClusterEnvironment
  const { [key]: _, ...rest } = environment
  const value = entry === undefined ? from[key] : withEntry(tableOf(environment, key), tableOf(from, key), entry)
  return (value === undefined ? rest : { ...rest, [key]: value }) as ClusterEnvironment
}

function withEntry(table: Table, from: Table, entry: string): Table {
  const { [entry]: _, ...rest } = table
  return Object.hasOwn(from, entry) ? { ...rest, [entry]: from[entry] } : rest
}

type Table = { readonly [entry: string]: unknown }

const tableOf = (environment: ClusterEnvironment, name: keyof ClusterEnvironment): Table => {
  const table = environment[name]
  return isObject(table) ? table : {}
}
