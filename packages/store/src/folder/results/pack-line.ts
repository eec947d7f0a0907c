import { crc32 } from 'node:zlib'
import { type Digest, isDigest, isObject, type Json, type Metric, parseJson, type Schema } from '@millrace/ir'
import { absoluteFrom, outputDigest, relativeTo } from '../../files/artifact-paths.ts'
import type { ArtifactRoots } from '../../files/artifact-roots.ts'
import { metricsOf, type Result } from '../../result.ts'

/** What ends a line: the CRC-32 of all before it. */
const ending = /,"crc":(\d+)\}$/

/** A result as a line of a pack: `{ key, output, digest, metrics, crc }`, paths of artifacts relative to the store. */
export function lineOf({ key, output, digest, metrics, schema }: PackLine, places: ArtifactRoots): string {
  // not as canonical JSON: a run that takes the result from here is to print the same bytes
  const text = JSON.stringify({ key, output: relativeTo(places, schema, output), digest, metrics }).slice(0, -1)
  return `${text},"crc":${crc32(text)}}`
}

export const isLineOf = (text: string, key: Digest): boolean => text.startsWith(`{"key":"${key}"`)

/** A line of a pack as a result, if the line is whole and is what was written. */
export function resultOfLine(
  text: string,
  key: Digest,
  schema: Schema,
  from: string,
  places: ArtifactRoots,
): Result | undefined {
  const end = ending.exec(text)
  if (!end || crc32(text.slice(0, end.index)) !== Number(end[1])) return undefined
  const line = parseJson(text)
  if (!isObject(line) || line.key !== key || !isDigest(line.digest) || line.output === undefined) return undefined
  const output = absoluteFrom(places, schema, line.output as Json)
  const metrics = metricsOf(line.metrics)
  if (!metrics || output === undefined || outputDigest(schema, output) !== line.digest) return undefined
  return { key, output, digest: line.digest, metrics, from }
}

/** A line of a pack. */
export interface PackLine {
  readonly key: Digest
  readonly output: Json
  /** The output digest. */
  readonly digest: Digest
  readonly metrics: readonly Metric[]
  /** The output schema, by which artifacts are found: their paths are kept relative to the store. */
  readonly schema: Schema
}
