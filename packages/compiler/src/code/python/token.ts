/** As Python's tokenizer has them, without comments and blank lines; an f-string is one `string`. */
export type TokenKind = 'name' | 'number' | 'string' | 'operator' | 'newline' | 'indent' | 'dedent'

export interface Token {
  readonly kind: TokenKind
  /** As it is written; empty for `newline` and `dedent`. */
  readonly text: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

/** What can't be told, most likely as it is no Python. */
export interface Unsure {
  readonly line: number
  readonly message: string
}

export interface Lexed {
  /** All of them, or those before what is unsure. */
  readonly tokens: readonly Token[]
  readonly unsure?: Unsure
}
