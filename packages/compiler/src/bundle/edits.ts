/** Replaces the text from `start` to `end`; equal offsets insert. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Applies edits, in O(n log n). An edit that starts inside a replaced stretch is dropped with it. Insertions at one
 * place come in the order given.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || Number(b.end > b.start) - Number(a.end > a.start))
  let out = ''
  let at = 0
  for (const edit of sorted) {
    if (edit.start < at) continue
    out += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return out + text.slice(at)
}
