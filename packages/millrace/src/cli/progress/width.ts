const nothing = /[\p{Mn}\p{Me}\p{Cf}]/u
const twice =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18fff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** Columns of a terminal that a character takes, or more: terminals differ on emoji that are joined to one. */
function columnsOf(character: string): number {
  const code = character.codePointAt(0) as number
  if (code < 0x300) return 1
  return character === '\ufe0f' ? 1 : nothing.test(character) ? 0 : twice.test(character) ? 2 : 1
}

/** A text cut to a number of columns, with a sign that there was more. */
export function cut(text: string, columns: number): string {
  // a short text needs no look at each character
  if (text.length * 2 <= columns) return text
  let used = 0
  let end = 0
  let fits = 0
  for (const character of text) {
    const next = columnsOf(character)
    if (used + next > columns) return columns < 1 ? '' : `${text.slice(0, fits)}…`
    used += next
    end += character.length
    if (used <= columns - 1) fits = end
  }
  return text
}

export function textColumns(text: string): number {
  let used = 0
  for (const character of text) used += columnsOf(character)
  return used
}
