import { isArtifactValue, isObject, type Json, type JsonObject, showPath } from '@millrace/ir'

export type Leaves = ReadonlyMap<string, Json>

/** The values within a value, by path, after `name`; an artifact is its digest, an empty list or object is itself. */
export const leavesOf = (value: Json, name = ''): Leaves => within(value, name, innerOf)

/** The same with each list as one value: what `--param` sets. */
export const parametersIn = (value: Json): Leaves =>
  within(value, '', (at) => (Array.isArray(at) ? undefined : innerOf(at)))

function within(value: Json, name: string, inside: typeof innerOf): Leaves {
  const out = new Map<string, Json>()
  const open: { readonly path: readonly (string | number)[]; readonly at: Json }[] = [{ path: [], at: value }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { path, at } = next
    const inner = inside(at)
    if (inner) open.push(...inner.map(([key, item]) => ({ path: [...path, key], at: item })).reverse())
    else out.set([name, showPath(path)].filter((part) => part !== '').join(' '), artifactDigest(at) ?? at)
  }
  return out
}

function innerOf(at: Json): readonly (readonly [string | number, Json])[] | undefined {
  if (artifactDigest(at) !== undefined) return undefined
  const inner = Array.isArray(at)
    ? at.map((item: Json, i) => [i, item] as const)
    : isObject(at)
      ? Object.entries(at as JsonObject)
      : []
  return inner.length > 0 ? inner : undefined
}

/** Of an artifact as it is, or by its content alone. */
function artifactDigest(at: Json): string | undefined {
  if (!isObject(at) || typeof at.digest !== 'string' || typeof at.size !== 'number') return undefined
  return isArtifactValue(at) || Object.keys(at).length === 2 ? at.digest : undefined
}
