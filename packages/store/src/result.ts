import { type Digest, isObject, type Json, type Metric } from '@millrace/ir'

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
