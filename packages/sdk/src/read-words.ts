import {
  type Code,
  type Diagnostic,
  type DiagnosticLocation,
  describeError,
  fieldNames,
  fieldOf,
  hint,
  isDiagnosticError,
  isList,
  itemOf,
  mayBeNull,
  type Port,
  placeOfError,
  presentPort,
  type Schema,
  schemaPort,
  type Word,
  type WordPart,
  type WordPlace,
  type Words,
  wrongWord,
} from '@millrace/ir'
import { type RefState, refState, showRef } from './ref.ts'
import type { Scope } from './scope.ts'
import { groupState, inputState, wordPlaces, wordScope } from './words.ts'

/** The stage whose words are read. */
export interface WordOwner {
  readonly name: string
  readonly input: Schema
  readonly output: Schema
  readonly at: () => DiagnosticLocation
}

/** The words of a stage's option as data, and what is wrong with them. A function runs here, once. */
export function readWords(
  given: unknown,
  option: string,
  owner: WordOwner,
): { readonly words: Words; readonly problems: readonly Diagnostic[] } {
  const reader = new Reader(option, owner)
  const list = reader.call(given)
  return { words: list === undefined ? [] : reader.read(list), problems: reader.problems }
}

/** A function or an `each` around what is read: where its placeholders are known, and what its item is. */
interface Level {
  readonly scope: Scope
  readonly item?: Port
}
/** What is known to be there inside of a `given`. */
interface Present {
  readonly scope: Scope
  readonly node: string
  readonly path: readonly string[]
}
interface Around {
  /** The innermost last. */
  readonly levels: readonly Level[]
  readonly present: readonly Present[]
}

class Reader {
  readonly problems: Diagnostic[] = []
  readonly #option: string
  readonly #owner: WordOwner
  readonly #scope: Scope
  readonly #written = new Map<string, readonly string[]>()

  constructor(option: string, owner: WordOwner) {
    this.#option = option
    this.#owner = owner
    this.#scope = wordScope(owner.name)
  }

  /** The list that an author gave, or that his function gives; undefined where it threw. */
  call(given: unknown): unknown {
    if (typeof given !== 'function' || refState(given)) return given
    let list: unknown
    try {
      list = given(wordPlaces(this.#scope))
    } catch (error) {
      if (isDiagnosticError(error)) this.problems.push(...error.diagnostics)
      else
        this.#report(
          'bad-option',
          this.#option,
          `${this.#option} threw ${describeError(error)}`,
          'Mend the function; it runs once, as the stage is defined, with placeholders instead of values.',
          placeOfError(error),
        )
      return undefined
    }
    if (!(list instanceof Promise)) return list
    list.catch(() => {})
    this.#refuse(this.#option, 'is async', 'Remove async and await: the values come when the stage runs.')
    return undefined
  }

  read(list: unknown): Words {
    const found = this.#list(list, this.#option, { levels: [{ scope: this.#scope }], present: [] })
    const places = [...this.#written.values()]
    for (const place of places) {
      const inner = places.find((one) => one.length > place.length && place.every((key, i) => one[i] === key))
      if (!inner) continue
      const [outer, within] = [place, inner].map((path) => `"${['output', ...path].join('.')}"`)
      this.#refuse(
        this.#option,
        `gives ${outer} and ${within}, which is a part of it`,
        'Name the whole, or each of its parts.',
      )
    }
    return found
  }

  #list(list: unknown, at: string, around: Around): Words {
    if (!Array.isArray(list)) {
      this.#refuse(at, `is ${tell(list)}, which is no list of words`, "Give a list: ['score', '--fast'].")
      return []
    }
    // from() also sees the holes
    return Array.from(list, (entry: unknown, i) => this.#entry(entry, `${at}[${i}]`, around))
  }

  #entry(entry: unknown, at: string, around: Around): Words[number] {
    const group = groupState(entry)
    if (group?.kind === 'given') return this.#given(group.over, group.words, at, around)
    if (group) return this.#each(group.over, group.words, group.scope as Scope, at, around)
    const word = Array.isArray(entry)
      ? joined(Array.from(entry, (part: unknown, i) => this.#part(part, `${at}[${i}]`, around)))
      : this.#part(entry, at, around)
    for (const text of [word].flat()) {
      const wrong = typeof text === 'string' ? wrongWord(text) : undefined
      if (wrong) this.#report('invalid-word', at, `${at} ${wrong.message}`, wrong.fix)
    }
    return word
  }

  #given(over: unknown, words: unknown, at: string, around: Around): Words[number] {
    const state = inputState(over)
    if (!state) {
      this.#refuse(at, `is given() of ${tell(over)}`, 'Give it a field of the input: given(input.note, [ … ]).')
      return ''
    }
    const found = this.#place(state, at, around)
    const present = [...around.present, { scope: state.scope, node: state.node, path: state.path }]
    const inner = this.#list(words, at, { ...around, present })
    return found ? { given: found.place, words: inner } : ''
  }

  #each(over: unknown, words: unknown, scope: Scope, at: string, around: Around): Words[number] {
    const state = inputState(over)
    const found = state && this.#place(state, at, around)
    if (!state)
      this.#refuse(at, `is each() of ${tell(over)}`, 'Give it a list in the input: each(input.parts, (part) => [ … ]).')
    else if (found && isList(found.port) === false)
      this.#refuse(at, `is each() of "${showRef(state)}", which is not a list`, 'Give it a list.')
    else if (found) this.#there(state, found.port, at)
    const level = { scope, item: found ? itemOf(found.port) : anything }
    const inner = this.#list(words, at, { ...around, levels: [...around.levels, level] })
    return found ? { each: found.place, words: inner } : ''
  }

  #part(part: unknown, at: string, around: Around): WordPart {
    if (typeof part === 'string') return part
    if (typeof part === 'number' && Number.isFinite(part)) return String(part)
    const state = refState(part)
    if (state) {
      const found = this.#place(state, at, around)
      if (found && state.node !== ':output') this.#there(state, found.port, at)
      return found?.place ?? ''
    }
    if (groupState(part))
      this.#refuse(at, 'is given() or each() inside of a word', 'Put it beside other words: it gives whole words.')
    else this.#refuse(at, `is ${tell(part)}, which is no word`, 'Give texts, numbers and placeholders.')
    return ''
  }

  /** What a placeholder names; what is known of its value takes for granted what the `given`s around it say. */
  #place(state: RefState, at: string, { levels, present }: Around) {
    const level = levels.findIndex(({ scope }) => scope === state.scope)
    if (level < 0) {
      this.#report(
        'ref-out-of-scope',
        at,
        `${at} is "${showRef(state)}", which was made for another function`,
        'Use the placeholders that the function itself is given.',
      )
      return undefined
    }
    const { node, path, scope } = state
    const known = present.filter((one) => one.scope === scope && one.node === node)
    const there = Math.max(-1, ...known.map((one) => shared(one.path, path)))
    const side = node === ':output' ? this.#owner.output : this.#owner.input
    let port = levels[level]?.item ?? schemaPort(side, side)
    if (there >= 0) port = presentPort(port)
    for (const [i, key] of path.entries()) {
      if (node === ':output' && isList(port)) return this.#ofItems(state, path.slice(0, i), at)
      const field = fieldOf(port, key)
      if (!field) return this.#unknown(showRef({ ...state, path: path.slice(0, i) }), key, port, at)
      port = i < there ? presentPort(field) : field
    }
    const depth = levels.length - 1 - level
    if (node === ':item') return { port, place: { item: path, ...(depth > 0 ? { depth } : {}) } satisfies WordPlace }
    if (node === ':input') return { port, place: { input: path } }
    if (path.length === 0) {
      this.#refuse(at, 'is the whole output', 'Name a field of it, for example output.report.')
      return undefined
    }
    this.#written.set(JSON.stringify(path), path)
    return { port, place: { output: path } }
  }

  #unknown(owner: string, key: string, port: Port, at: string): undefined {
    const names = fieldNames(port)
    this.#report(
      'unknown-output',
      at,
      `${at}: "${owner}" has no field "${key}"${hint(key, names)}`,
      names.length > 0 ? `Use one of: ${names.join(', ')}.` : `Use "${owner}" itself; it has no fields.`,
    )
  }

  #ofItems(state: RefState, list: readonly string[], at: string): undefined {
    const whole = showRef({ ...state, path: list })
    this.#refuse(
      at,
      `is "${showRef(state)}", a field of each item of a list`,
      `Give ${whole}: the file that is written there holds the whole list.`,
    )
  }

  #there(state: RefState, port: Port, at: string): void {
    if (!port.absent && !mayBeNull(port)) return
    const name = showRef(state)
    this.#report(
      'maybe-absent',
      at,
      `${at} needs a value, and "${name}" may be absent`,
      `Put it in given(${name}, [ … ]), or give it a default in the schema.`,
    )
  }

  #refuse(at: string, what: string, fix: string): void {
    this.#report('bad-option', at, `${at} ${what}`, fix)
  }

  #report(code: Code, path: string, message: string, fix: string, place = {}): void {
    const { name, at } = this.#owner
    this.problems.push({
      code,
      severity: 'error',
      message: `stage "${name}": ${message}`,
      at: { ...at(), path, ...place },
      fix,
    })
  }
}

const anything: Port = schemaPort({}, {})

/** Texts beside each other are one; a word of one part is that part. */
function joined(parts: readonly WordPart[]): Word {
  const out: WordPart[] = []
  for (const part of parts) {
    const last = out.at(-1)
    if (typeof part === 'string' && typeof last === 'string') out[out.length - 1] = last + part
    else out.push(part)
  }
  return out.length === 1 ? (out[0] as WordPart) : out.length === 0 ? '' : out
}

/** How many keys two paths have in common at their beginning. */
function shared(a: readonly string[], b: readonly string[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

function tell(value: unknown): string {
  const state = refState(value)
  if (state) return `"${showRef(state)}"`
  if (Array.isArray(value)) return 'a list in a list'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
}
