/** For sorting calls of maps by their indexes, as numbers; one that begins like a longer one comes first. */
export function compareIndexes(a: readonly number[] = [], b: readonly number[] = []): number {
  const at = a.findIndex((number, i) => number !== b[i])
  return at < 0 ? a.length - b.length : (a[at] as number) - (b[at] ?? -1)
}
