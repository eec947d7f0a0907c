/** Replaces the text from `start` to `end`; equal offsets insert. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
  /** Drops the edits that start where it does, too. */
  readonly cut?: true
}

/**
 * Applies edits, in O(n log n). An edit that starts inside a replaced stretch is dropped with it. Insertions at one
 * place come in the order given, before what is replaced there.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = ''
  let at = 0
  for (const edit of inEffect(edits)) {
    out += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return out + text.slice(at)
}

/** Those that are applied, in order. */
export function* inEffect(edits: readonly Edit[]): Generator<Edit> {
  const sorted = [...edits].sort((a, b) => a.start - b.start || rank(a) - rank(b))
  let at = 0
  for (const edit of sorted) {
    if (edit.start < at) continue
    yield edit
    at = edit.end
  }
}

const rank = ({ start, end, cut }: Edit): number => (cut ? 0 : start === end ? 1 : 2)
