/** Characters that drive a terminal, end a line where none ends, turn its direction, or that nobody sees. */
const unseen = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** A text for a person: such characters are written as JSON has them, `\u001b`. Whoever said it, it moves no cursor. */
export const visible = (text: string): string =>
  text.replace(unseen, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** One line of JSON without such characters: they stand in strings only. */
export const jsonLine = (value: unknown): string => visible(JSON.stringify(value))
