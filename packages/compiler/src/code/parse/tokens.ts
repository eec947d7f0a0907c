/*
 * Names that stand in the bundled code for what lies outside it, by their numbers in the module graph. Those that
 * tree shaking leaves there count.
 */

export interface Token {
  /**
   * `dynamic`: a module that is loaded on demand; `script`: one that may be run by its path; `stage`: a definition, only a mark; `broken`: a module that can't be
   * bundled; `uncounted`: only a mark; `carried` and `required`: a module that lies beside the code, as `import` and as
   * `require` name it.
   */
  readonly kind: 'asset' | 'package' | 'dynamic' | 'script' | 'stage' | 'broken' | 'uncounted' | 'carried' | 'required'
  readonly number: number
}

const pattern = /millrace-(asset|package|dynamic|script|stage|broken|uncounted|carried|required):(\d+)\./g

export const tokenText = ({ kind, number }: Token): string => `millrace-${kind}:${number}.`

/** Before the specifier of a module that may be run by its path. */
export const scriptPrefix = 'millrace-script:'

/** Before the number of a module of the program, which is imported by that number, not by a path. */
export const modulePrefix = 'millrace-module:'

export const isToken = (text: string | undefined): boolean => /^millrace-\w+:\d+\.$/.test(text ?? '')

/** The tokens in printed code, each once, in order. */
export function tokensIn(code: string): Token[] {
  const found = new Map<string, Token>()
  for (const [text, kind, number] of code.matchAll(pattern))
    if (!found.has(text)) found.set(text, { kind: kind as Token['kind'], number: Number(number) })
  return [...found.values()]
}

/** Writes in place of each token what it stands for: their numbers depend on the whole program. */
export const replaceTokens = (code: string, replace: (token: Token) => string): string =>
  code.replace(pattern, (_, kind: Token['kind'], number: string) => replace({ kind, number: Number(number) }))
