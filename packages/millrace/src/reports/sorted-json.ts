import { isObject, type Json, setKey } from '@millrace/ir'

/** JSON for people and for git: two spaces, keys sorted, a line end left to the writer. */
export const sortedJson = (value: unknown): string => JSON.stringify(sorted(value as Json), undefined, 2)

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const out = {}
  for (const key of Object.keys(value).sort()) setKey(out, key, sorted(value[key] as Json))
  return out as Json
}
