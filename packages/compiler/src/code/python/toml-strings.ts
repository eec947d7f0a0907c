/** A value of the few kinds that the block of a script has. */
export type TomlValue = string | readonly string[]

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b' }

/**
 * The strings and lists of strings at the top of a TOML text, by key. Values of other kinds, and what follows a
 * table's head, are left out.
 */
export function tomlStrings(text: string): Map<string, TomlValue> {
  const out = new Map<string, TomlValue>()
  const reader = new Reader(text)
  for (let key = reader.key(); key !== undefined; key = reader.key()) {
    const value = reader.value()
    if (value !== undefined) out.set(key, value)
    reader.skipLine()
  }
  return out
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match) this.#at = pattern.lastIndex
    return match ?? undefined
  }

  /** Of the next line that has one; undefined at the end, and at a table's head. */
  key(): string | undefined {
    for (;;) {
      this.#skipBlank()
      if (this.#at >= this.#text.length || this.#text[this.#at] === '[') return undefined
      const match = this.#take(/(?:([\w-]+)|"([^"\\\n]*)"|'([^'\n]*)')[ \t]*=[ \t]*/y)
      if (match) return match[1] ?? match[2] ?? match[3]
      this.skipLine()
    }
  }

  #skipBlank(): void {
    this.#take(/(?:\s|#.*)*/y)
  }

  skipLine(): void {
    this.#take(/.*\n?/y)
  }

  value(): TomlValue | undefined {
    if (!this.#take(/\[/y)) return this.#string()
    const out: string[] = []
    for (;;) {
      this.#skipBlank()
      if (this.#take(/\]/y)) return out
      const item = this.#string()
      if (item === undefined) return undefined
      out.push(item)
      this.#skipBlank()
      this.#take(/,/y)
    }
  }

  #string(): string | undefined {
    const long = this.#take(/"""\n?((?:[^\\]|\\[\s\S])*?)"""(?!")|'''\n?([\s\S]*?)'''(?!')/y)
    const match = long ?? this.#take(/"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/y)
    if (match?.[1] === undefined) return match?.[2]
    return match[1].replace(
      /\\(?:[ \t]*\n\s*|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g,
      (_all, short?: string, wide?: string, letter?: string) => {
        const code = Number.parseInt(short ?? wide ?? '', 16)
        if (code <= 0x10ffff) return String.fromCodePoint(code)
        return letter === undefined ? '' : (escapes[letter] ?? letter)
      },
    )
  }
}
