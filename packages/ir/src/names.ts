/** Names of stages and pipelines; they become ids, folders and parts of Kubernetes names. */
export const namePattern = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/

/** Names that we use ourselves. */
export const takenNames: ReadonlySet<string> = new Set(['driver'])

/** The candidate nearest to a mistyped name, if one is near enough to be meant. */
export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  // one letter is near to every other
  let least = typed.length < 2 ? 1 : Math.max(1, Math.floor(typed.length / 3)) + 1
  for (const candidate of candidates) {
    const cost = distance(typed.toLowerCase(), candidate.toLowerCase(), least)
    if (cost < least) {
      least = cost
      best = candidate
    }
  }
  return best
}

/** Optimal string alignment distance (insert, delete, replace, swap of neighbours), cut off at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] as number
}

/** `did you mean "clean"?` with a leading space, or nothing. */
export function hint(typed: string, candidates: Iterable<string>): string {
  const near = didYouMean(typed, candidates)
  return near === undefined ? '' : ` (did you mean "${near}"?)`
}
