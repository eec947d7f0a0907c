export interface Example {
  readonly kind: string
  readonly distances: readonly number[]
}

/** What a shape looks like when turning it makes no difference: its distances in ascending order, some only. */
export const features = (distances: readonly number[], kept: number): number[] => {
  const sorted = [...distances].sort((a, b) => a - b)
  return Array.from({ length: kept }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (kept - 1))] as number)
}

export interface Model {
  readonly neighbours: number
  readonly kept: number
  readonly examples: readonly { readonly kind: string; readonly features: readonly number[] }[]
}

/** The kind that most of the nearest examples have. */
export function classify(model: Model, distances: readonly number[]): string {
  const at = features(distances, model.kept)
  const near = model.examples
    .map(({ kind, features }) => ({ kind, far: features.reduce((sum, x, i) => sum + (x - (at[i] as number)) ** 2, 0) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, model.neighbours)
  const votes = new Map<string, number>()
  for (const { kind } of near) votes.set(kind, (votes.get(kind) ?? 0) + 1)
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'nothing'
}
