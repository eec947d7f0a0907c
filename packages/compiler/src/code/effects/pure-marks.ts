import type { ParseResult } from 'rolldown/utils'
import type { Edit } from '../parse/edits.ts'

/** Cuts what tells a bundler that a call may be left out: where the program runs unbundled, the call is made. */
export const cutPureMarks = ({ comments }: ParseResult): Edit[] =>
  comments.flatMap(({ value, start, end }) =>
    /[@#]__(?:PURE|NO_SIDE_EFFECTS)__/.test(value) ? [{ start, end, text: ' ', cut: true as const }] : [],
  )
