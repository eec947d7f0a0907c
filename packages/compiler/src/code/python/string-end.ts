/** Where a string ends; -1: it doesn't, or not as Python wants it. */

const quote1 = 39
const quote2 = 34
const backslash = 92
const newline = 10
const open = 123
const close = 125

export const isQuote = (code: number): boolean => code === quote1 || code === quote2

/** `t` is of Python 3.14, and no string before. */
const prefixes = new Set(['', 'r', 'u', 'b', 'f', 't', 'br', 'rb', 'fr', 'rf', 'tr', 'rt'])

/** Whether a name before a quote is part of the string. */
export const isPrefix = (name: string): boolean => name.length < 3 && prefixes.has(name.toLowerCase())

/** More nested f-strings than Python takes. */
const mostNested = 150

/** @param at of the first quote */
export function stringEnd(text: string, at: number, prefix: string, nested = 0): number {
  const quote = text.charCodeAt(at)
  const triple = text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote
  if (/[ft]/i.test(prefix))
    return new FString(text, quote, triple, /r/i.test(prefix), nested).end(at + (triple ? 3 : 1))
  if (triple) return tripleEnd(text, at + 3, quote)
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) return i + 1
    if (code === backslash) i++
    else if (code === newline) return -1
  }
  return -1
}

function tripleEnd(text: string, at: number, quote: number): number {
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === backslash) i++
    else if (code === quote && text.charCodeAt(i + 1) === quote && text.charCodeAt(i + 2) === quote) return i + 3
  }
  return -1
}

/** What Python 3.11 takes ends there too: it allows neither the string's own quotes nor a backslash within braces. */
class FString {
  readonly #text: string
  readonly #quote: number
  readonly #triple: boolean
  readonly #raw: boolean
  readonly #nested: number

  constructor(text: string, quote: number, triple: boolean, raw: boolean, nested: number) {
    this.#text = text
    this.#quote = quote
    this.#triple = triple
    this.#raw = raw
    this.#nested = nested
  }

  end(start: number): number {
    const text = this.#text
    for (let i = start; i < text.length; ) {
      const code = text.charCodeAt(i)
      if (this.#closesAt(i, code)) return i + (this.#triple ? 3 : 1)
      if (code === open) {
        i = text.charCodeAt(i + 1) === open ? i + 2 : this.#fieldEnd(i + 1, this.#nested)
        if (i < 0) return -1
      } else if (code === close) {
        if (text.charCodeAt(i + 1) !== close) return -1
        i += 2
      } else {
        i = this.#afterLiteral(i, code)
        if (i < 0) return -1
      }
    }
    return -1
  }

  #closesAt(i: number, code: number): boolean {
    if (code !== this.#quote) return false
    return !this.#triple || (this.#text.charCodeAt(i + 1) === code && this.#text.charCodeAt(i + 2) === code)
  }

  /** After a character that stands for itself, or one behind a backslash. */
  #afterLiteral(i: number, code: number): number {
    if (code === newline && !this.#triple) return -1
    if (code !== backslash) return i + 1
    const next = this.#text.charCodeAt(i + 1)
    if (next === open || next === close) return i + 1
    if (next === 78 && !this.#raw && this.#text.charCodeAt(i + 2) === open) {
      const end = this.#text.indexOf('}', i)
      return end < 0 ? -1 : end + 1
    }
    return i + 2
  }

  /** @param at behind the brace that opens it */
  #fieldEnd(at: number, nested: number): number {
    if (nested > mostNested) return -1
    const text = this.#text
    const closing: number[] = []
    for (let i = at; i < text.length; ) {
      const code = text.charCodeAt(i)
      if (isWord(code) || isQuote(code)) {
        let end = i
        while (isWord(text.charCodeAt(end))) end++
        const word = text.slice(i, end)
        i = isQuote(text.charCodeAt(end)) ? stringEnd(text, end, isPrefix(word) ? word : '', nested + 1) : end
        if (i < 0) return -1
        continue
      }
      if (code === 40 || code === 91 || code === open) closing.push(code === 40 ? 41 : code + 2)
      else if (code === close && closing.length === 0) return i + 1
      else if ((code === 41 || code === 93 || code === close) && closing.pop() !== code) return -1
      else if (code === 58 && closing.length === 0) return this.#formatEnd(i + 1, nested)
      else if (code === backslash && text.charCodeAt(i + 1) !== newline) return -1
      else if (code === 35) {
        i = text.indexOf('\n', i)
        if (i < 0) return -1
      }
      i++
    }
    return -1
  }

  /** Of the field whose format it is. */
  #formatEnd(at: number, nested: number): number {
    for (let i = at; i < this.#text.length; ) {
      const code = this.#text.charCodeAt(i)
      if (code === close) return i + 1
      if (this.#closesAt(i, code)) return -1
      i = code === open ? this.#fieldEnd(i + 1, nested + 1) : this.#afterLiteral(i, code)
      if (i < 0) return -1
    }
    return -1
  }
}

const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code > 127
