import { type Digest, isDigest, isObject, type Json, showPath } from '@millrace/ir'

/** What a run keeps of a file among its parameters: what it held, not where it lies. */
interface KeptContent {
  readonly digest: Digest
  readonly size: number
}

export const isKeptContent = (value: unknown): value is KeptContent =>
  isObject(value) && Object.keys(value).sort().join() === 'digest,size' && isDigest(value.digest)

/** The fields of a value that are files of which nobody knows where they lie, as an author writes fields. */
export function contentsIn(value: Json, path: readonly (string | number)[] = []): string[] {
  if (isKeptContent(value)) return [showPath(path)]
  if (Array.isArray(value)) return value.flatMap((item: Json, i) => contentsIn(item, [...path, i]))
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => contentsIn(item as Json, [...path, key])) : []
}
