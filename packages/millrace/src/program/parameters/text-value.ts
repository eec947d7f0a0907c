import { alternatives, checkJson, itemSchemas, type Json, type Schema } from '@millrace/ir'

/**
 * What the texts after `--param name=` mean, by the schema of the field. A field that takes texts alone takes each as it
 * is. For all others, the first of these that applies:
 *
 * 1. a text that is one of the field's own literals is that text: `auto`
 * 2. JSON of a kind that the schema names (a number, `true`, `null`, a list, an object) is that JSON; where the schema
 *    takes everything, any JSON
 * 3. a text, where the schema takes texts, paths or everything
 * 4. one item of a list, by the same rules
 *
 * Given more than once they are the items of a list, or lists of items, where the schema takes a list.
 *
 * @returns `undefined` where they mean nothing, `twice` where they are several and the schema takes no list
 */
export function readTexts(
  texts: readonly string[],
  schema: Schema,
  root: Schema,
): { value: Json } | 'twice' | undefined {
  const field = new Field(schema, root)
  const value = texts.length === 1 ? field.read(texts[0] as string) : field.readAll(texts)
  return value === undefined || value === 'twice' ? value : { value: value.value }
}

/** The JSON of a text, if it is JSON. */
function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const everything = ['string', 'number', 'boolean', 'null', 'array', 'object']

/** What a field takes, as far as a text can mean it. */
class Field {
  readonly #schema: Schema
  readonly #root: Schema
  readonly #literals: Json[] = []
  readonly #types = new Set<unknown>()
  readonly #list: Schema | undefined

  constructor(schema: Schema, root: Schema) {
    this.#schema = schema
    this.#root = root
    for (const option of alternatives(schema, root)) {
      if ('const' in option) this.#literals.push(option.const as Json)
      else if (Array.isArray(option.enum)) this.#literals.push(...(option.enum as Json[]))
      // a file is given by its path
      else this.#types.add(option.artifact === undefined ? option.type : 'string')
      if (option.type === 'array') this.#list ??= option
    }
  }

  get #takesAll(): boolean {
    return this.#types.has(undefined) || everything.every((type) => this.#types.has(type))
  }

  read(text: string): { readonly value: Json } | undefined {
    if (this.#takesTextAlone || this.#literals.includes(text)) return { value: text }
    const json = jsonOf(text)
    if (json !== undefined && this.#names(json)) return { value: this.#isItem(json) ? [json] : json }
    if (this.#takesText) return { value: text }
    if (this.#list) {
      const item = this.#item(text, 0)
      return item && { value: [item.value] }
    }
    return json === undefined ? undefined : { value: json }
  }

  readAll(texts: readonly string[]): { readonly value: Json } | 'twice' | undefined {
    if (!this.#list && !this.#takesAll) return 'twice'
    const list: Json[] = []
    for (const text of texts) {
      const json = jsonOf(text)
      const item = Array.isArray(json) && !this.#isItem(json) ? undefined : this.#item(text, list.length)
      if (item) list.push(item.value)
      else if (Array.isArray(json)) list.push(...json)
      else return undefined
    }
    return { value: list }
  }

  get #takesTextAlone(): boolean {
    return [...this.#types].every((type) => type === 'string') && this.#literals.every((one) => typeof one === 'string')
  }

  get #takesText(): boolean {
    return this.#types.has('string') || this.#takesAll || this.#literals.some((one) => typeof one === 'string')
  }

  /** Whether JSON is of a kind that the schema names. A text in quotes is a text, but where everything is taken. */
  #names(json: Json): boolean {
    if (this.#takesAll) return true
    if (typeof json === 'string') return false
    if (json === null) return this.#types.has('null') || this.#literals.includes(null)
    if (typeof json === 'object') return this.#types.has(Array.isArray(json) ? 'array' : 'object')
    return (
      this.#types.has(typeof json) ||
      this.#literals.includes(json) ||
      (this.#types.has('integer') && Number.isInteger(json))
    )
  }

  /** Whether a list is no value of the field, but an item of one. */
  #isItem(json: Json): boolean {
    if (!Array.isArray(json) || !this.#list || this.#takesAll) return false
    const refuses = (value: Json) => checkJson(this.#schema, value, this.#root) !== undefined
    return refuses(json) && !refuses([json])
  }

  #item(text: string, index: number): { readonly value: Json } | undefined {
    const [schema = {}] = this.#list ? itemSchemas(this.#list, index) : []
    return new Field(schema, this.#root).read(text)
  }
}
