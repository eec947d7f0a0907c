import { basename } from 'node:path'
import { isArtifactValue, isObject, type Json } from '@millrace/ir'
import { visible } from './visible.ts'

/** A value in short, for one line: artifacts by their names, cut after so many characters. */
export function shortValue(value: Json, most = 100): string {
  const text = visible(JSON.stringify(shortened(value)) ?? '')
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text
}

/** Nothing that would be cut anyway is looked at. */
function shortened(value: Json, left = 200): Json {
  if (typeof value === 'string') return value.slice(0, left)
  if (isArtifactValue(value)) return basename(value.path)
  if (Array.isArray(value)) return value.slice(0, left).map((item: Json) => shortened(item, left))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, left)
      .map(([key, item]) => [key, shortened(item as Json, left)]),
  )
}
