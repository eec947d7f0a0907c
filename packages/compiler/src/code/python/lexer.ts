import { isPrefix, isQuote, stringEnd } from './string-end.ts'
import type { Lexed, Token, TokenKind, Unsure } from './token.ts'

/** As Python reads it: without a byte order mark, lines ended by `\n`. */
export function withoutMarks(text: string): string {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  return body.includes('\r') ? body.replace(/\r\n?/g, '\n') : body
}

/** The tokens of a Python file, for Python 3.9 to 3.14. */
export const lex = (text: string): Lexed => new Lexer(withoutMarks(text)).run()

/** Kinds of characters of ASCII. */
const [space, letter, digit, quote, opening, closing, operator] = [1, 2, 3, 4, 5, 6, 7]
const classes = new Uint8Array(128)
for (const [characters, kind] of [
  [' \t\f', space],
  ['abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', letter],
  ['0123456789', digit],
  ['\'"', quote],
  ['([{', opening],
  [')]}', closing],
  ['+-*/%@&|^~<>=!.,:;', operator],
] as const)
  for (const character of characters) classes[character.charCodeAt(0)] = kind as number

const name = /[\p{XID_Start}_]\p{XID_Continue}*/uy
const number =
  /(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?[jJ]?|\d(?:_?\d)*[eE][-+]?\d(?:_?\d)*[jJ]?|\d(?:_?\d)*[jJ]|0(?:_?0)*|[1-9](?:_?\d)*)/y
/** What may follow a number without a space. */
const keyword = /and|else|for|i[fns]|not|or/y
const operators = /\*\*=|\/\/=|>>=|<<=|\.\.\.|\*\*|\/\/|>>|<<|->|:=|[-+*/%@&|^<>=!]=|[-+*/%@&|^~<>=.,:;]/y
const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

class Lexer {
  readonly #tokens: Token[] = []
  readonly #indents = [{ column: 0, tabsAsOne: 0 }]
  /** Brackets that are open. */
  readonly #open: Token[] = []
  readonly #text: string
  #at = 0
  #line = 1
  #lineStart = 0
  #inLine = false
  #unsure: Unsure | undefined

  constructor(text: string) {
    this.#text = text
  }

  run(): Lexed {
    const text = this.#text
    const nul = text.indexOf('\0')
    if (nul >= 0) return { tokens: [], unsure: { line: text.slice(0, nul).split('\n').length, message: 'a null byte' } }
    while (this.#at < text.length && this.#unsure === undefined) {
      if (!this.#inLine && this.#open.length === 0 && !this.#startLine()) continue
      this.#next()
    }
    const open = this.#open.at(-1)
    if (open) this.#fail(`"${open.text}" is never closed`, open.line)
    if (this.#unsure) return { tokens: this.#tokens, unsure: this.#unsure }
    if (this.#inLine) this.#push('newline', this.#at, this.#at)
    for (let i = this.#indents.length; i > 1; i--) this.#push('dedent', this.#at, this.#at)
    return { tokens: this.#tokens }
  }

  #push(kind: TokenKind, start: number, end: number): void {
    const text = this.#text.slice(start, end)
    this.#tokens.push({ kind, text, line: this.#line, column: start - this.#lineStart + 1 })
    this.#at = end
  }

  #fail(message: string, line = this.#line): void {
    this.#unsure ??= { line, message }
  }

  #nextLine(start: number): void {
    this.#line++
    this.#lineStart = start
    this.#at = start
  }

  /** Reads the indentation; false where the line has nothing else. */
  #startLine(): boolean {
    const text = this.#text
    const start = this.#at
    let end = -1
    let [column, tabsAsOne] = [0, 0]
    let measured: { column: number; tabsAsOne: number } | undefined
    let i = start
    for (; ; i++) {
      const code = text.charCodeAt(i)
      if (code === 32) [column, tabsAsOne] = [column + 1, tabsAsOne + 1]
      else if (code === 9) [column, tabsAsOne] = [column - (column % 8) + 8, tabsAsOne + 1]
      else if (code === 12) [column, tabsAsOne] = [0, 0]
      else if (code === 92 && text.charCodeAt(i + 1) === 10) {
        // the line before the first backslash says the column
        if (end < 0) [end, measured] = [i, { column, tabsAsOne }]
        this.#nextLine(i + 2)
        i++
      } else break
    }
    const code = text.charCodeAt(i)
    if (code === 10 || code === 35 || i >= text.length) {
      const newline = code === 10 ? i : text.indexOf('\n', i)
      if (newline < 0 || i >= text.length) this.#at = text.length
      else this.#nextLine(newline + 1)
      return false
    }
    // Python's versions differ in what this means
    if (measured?.column === 0 && column > 0) this.#fail('a backslash before the indentation')
    this.#at = i
    this.#inLine = true
    this.#indent(measured ?? { column, tabsAsOne }, text.slice(start, end < 0 ? i : end))
    return true
  }

  #indent(to: { column: number; tabsAsOne: number }, text: string): void {
    const indents = this.#indents
    const place = { line: this.#line, column: this.#at - this.#lineStart + 1 }
    let last = indents.at(-1) as typeof to
    if (to.column > last.column) {
      if (to.tabsAsOne <= last.tabsAsOne) return this.#fail('tabs and spaces mixed')
      indents.push(to)
      this.#tokens.push({ kind: 'indent', text, ...place, column: 1 })
      return
    }
    while (to.column < last.column) {
      indents.pop()
      last = indents.at(-1) as typeof to
      this.#tokens.push({ kind: 'dedent', text: '', ...place })
    }
    if (to.column !== last.column) this.#fail('an indentation that no line above has')
    else if (to.tabsAsOne !== last.tabsAsOne) this.#fail('tabs and spaces mixed')
  }

  #next(): void {
    const text = this.#text
    const start = this.#at
    const code = text.charCodeAt(start)
    switch (code < 128 ? classes[code] : letter) {
      case space:
        this.#at++
        return
      case letter:
        return this.#name(start)
      case digit:
        return this.#number(start)
      case quote:
        return this.#string(start, start)
      case opening:
        this.#push('operator', start, start + 1)
        this.#open.push(this.#tokens.at(-1) as Token)
        return
      case closing:
        if (this.#open.pop()?.text !== pairs[text.charAt(start)])
          return this.#fail(`"${text.charAt(start)}" opens nowhere`)
        return this.#push('operator', start, start + 1)
      case operator: {
        if (code === 46 && classes[text.charCodeAt(start + 1)] === digit) return this.#number(start)
        const end = matchEnd(operators, text, start)
        return end < 0 ? this.#fail(`"${text.charAt(start)}"`) : this.#push('operator', start, end)
      }
      default:
        return this.#rest(start, code)
    }
  }

  #rest(start: number, code: number): void {
    const text = this.#text
    if (code === 10) {
      if (this.#open.length === 0) {
        this.#tokens.push({ kind: 'newline', text: '', line: this.#line, column: start - this.#lineStart + 1 })
        this.#inLine = false
      }
      this.#nextLine(start + 1)
    } else if (code === 35) {
      const end = text.indexOf('\n', start)
      this.#at = end < 0 ? text.length : end
    } else if (code === 92 && text.charCodeAt(start + 1) === 10 && start + 2 < text.length) this.#nextLine(start + 2)
    else this.#fail(code === 92 ? 'a backslash' : `"${text.charAt(start)}"`)
  }

  #name(start: number): void {
    const text = this.#text
    let end = start
    let code = text.charCodeAt(end)
    while (classes[code] === letter || classes[code] === digit) code = text.charCodeAt(++end)
    if (code > 127) {
      end = matchEnd(name, text, start)
      const next = text.charCodeAt(end)
      if (end < 0 || next > 127) return this.#fail('a character that no name has')
    } else if (isQuote(code) && isPrefix(text.slice(start, end))) return this.#string(start, end)
    this.#push('name', start, end)
  }

  #number(start: number): void {
    const text = this.#text
    const end = matchEnd(number, text, start)
    const next = text.charCodeAt(end)
    const joined = next > 127 || classes[next] === letter || classes[next] === digit
    if (end < 0 || (joined && matchEnd(keyword, text, end) < 0)) return this.#fail('a number')
    this.#push('number', start, end)
  }

  #string(start: number, first: number): void {
    const text = this.#text
    const end = stringEnd(text, first, text.slice(start, first))
    if (end < 0) return this.#fail('a string that does not end')
    this.#push('string', start, end)
    let newline = text.indexOf('\n', start)
    // long strings only have any
    for (; newline >= 0 && newline < end; newline = text.indexOf('\n', newline + 1)) {
      this.#line++
      this.#lineStart = newline + 1
    }
  }
}
