/**
 * A place whose value is known only when a stage runs: in its input, in its output, or in the item of an `each` around
 * it. `depth` counts from the innermost, which has none.
 */
export type WordPlace =
  | { readonly input: readonly string[] }
  | { readonly output: readonly string[] }
  | { readonly item: readonly string[]; readonly depth?: number }

/** A text, or what becomes one. */
export type WordPart = string | WordPlace

/** The parts of an array are joined without spaces. */
export type Word = WordPart | readonly WordPart[]

/** Words that stand where a value is there, and neither null nor false. */
export type GivenWords = { readonly given: WordPlace; readonly words: Words }

/** Words that stand for each item of a list. */
export type EachWords = { readonly each: WordPlace; readonly words: Words }

/** What a process is given as its arguments, in their order. */
export type Words = readonly (Word | GivenWords | EachWords)[]

export const isGroup = (entry: Words[number]): entry is GivenWords | EachWords =>
  typeof entry === 'object' && 'words' in entry

/** The path of a place, and where it begins. */
export function placeIn(place: WordPlace): {
  readonly of: 'input' | 'output' | 'item'
  readonly path: readonly string[]
} {
  if ('input' in place) return { of: 'input', path: place.input }
  return 'output' in place ? { of: 'output', path: place.output } : { of: 'item', path: place.item }
}

/** As an author writes it: `input.rows.name`. */
export function showPlace(place: WordPlace): string {
  const { of, path } = placeIn(place)
  return [of, ...path].join('.')
}

/** Bytes that a word may have with the zero at its end: what Linux takes. */
const mostBytes = 128 * 1024

/** Why no process can be given a word, in words that follow its name, and what to do; `undefined` where it can. */
export function wrongWord(text: string): { readonly message: string; readonly fix: string } | undefined {
  if (text.includes('\0')) return { message: 'holds a NUL character, which no word can', fix: 'Leave it out.' }
  if (!text.isWellFormed()) return { message: 'is not well-formed Unicode', fix: 'Give whole characters.' }
  const bytes = Buffer.byteLength(text) + 1
  if (bytes <= mostBytes) return undefined
  return {
    message: `has ${Math.ceil(bytes / 1024)} KiB; a word may have ${mostBytes / 1024} KiB`,
    fix: 'Put it in a file, and give its path.',
  }
}
