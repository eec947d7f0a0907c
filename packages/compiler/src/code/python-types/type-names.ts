/** Names that a file of types has already, or may have. */
const reserved = [
  ...['TypedDict', 'Any', 'File', 'Folder', 'Literal', 'Optional', 'Union', 'None', 'True', 'False'],
  ...['str', 'int', 'float', 'bool', 'list', 'dict'],
]

/** The names of the types of one file. */
export class TypeNames {
  readonly #content = new Map<string, string>(reserved.map((name) => [name, '']))

  /**
   * A name for a type: of those that fit, the first that no other type has.
   *
   * @param content what tells the type from others; equal ones have one name
   * @returns also whether it is new
   */
  claim(candidates: readonly string[], content: string): { readonly name: string; readonly isNew: boolean } {
    const last = candidates.at(-1) as string
    for (let n = 0; ; n++) {
      const name = candidates[n] ?? `${last}${n - candidates.length + 2}`
      const there = this.#content.get(name)
      if (there === content) return { name, isNew: false }
      if (there !== undefined) continue
      this.#content.set(name, content)
      return { name, isNew: true }
    }
  }

  has(name: string): boolean {
    return this.#content.has(name)
  }
}
