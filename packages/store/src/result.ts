import { type Digest, isDigest, isObject, type Json, type Metric, type Schema } from '@millrace/ir'
import { outputDigest } from './output.ts'

/** What a stage returned once, for a cache key. */
export interface Result {
  readonly key: Digest
  /** Artifacts have absolute paths. */
  readonly output: Json
  /** The output digest. */
  readonly digest: Digest
  readonly metrics: readonly Metric[]
  /** The run that made it. */
  readonly from: string
}

/** What stands after a commit. */
export interface Committed extends Result {
  /** Another attempt's result was adopted, and no manifest ever named this one: nobody can use its files. */
  readonly unnamed?: boolean
}

/** A line of a pack as a result, if the line is whole and is what was written. */
export function resultOfLine(text: string, key: Digest, schema: Schema, from: string): Result | undefined {
  const line: unknown = JSON.parse(text)
  if (!isObject(line) || line.key !== key || !isDigest(line.digest) || line.output === undefined) return undefined
  const output = line.output as Json
  const metrics = metricsOf(line.metrics)
  if (!metrics || outputDigest(schema, output) !== line.digest) return undefined
  return { key, output, digest: line.digest, metrics, from }
}

/** JSON has no NaN and no infinities: such a value was written as null. */
export function metricsOf(value: unknown): readonly Metric[] | undefined {
  if (!Array.isArray(value)) return undefined
  const metrics: Metric[] = []
  for (const item of value as unknown[]) {
    if (!isObject(item) || typeof item.name !== 'string' || typeof item.time !== 'string') return undefined
    if (typeof item.value !== 'number' && item.value !== null) return undefined
    if (item.step !== undefined && typeof item.step !== 'number') return undefined
    metrics.push((item.value === null ? { ...item, value: Number.NaN } : item) as unknown as Metric)
  }
  return metrics
}
