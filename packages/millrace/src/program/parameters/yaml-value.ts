import { isObject, maxDepth, showPath, toJson } from '@millrace/ir'
import type { Document, LineCounter, Node } from 'yaml'
import type { FieldLocations, Found } from './found.ts'

/** Values that aliases may add to those that are written: more of them is an attack, or a mistake. */
const mostAliased = 100_000

/** Tags that say no more than what a value is in JSON. */
const plainTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

/** The value of a YAML text, as JSON; where each name stands is put into `places`. */
export async function readYaml(text: string, places: FieldLocations): Promise<{ readonly value: unknown } | Found> {
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true })
  const [wrong] = document.errors
  if (wrong) return { ...describeError(wrong.code, wrong.message), ...placeOf(lines, wrong.pos[0]) }
  try {
    new Check(yaml, document, lines, places).node(document.contents, [], undefined)
  } catch (error) {
    if (error instanceof Refusal) return error.found
    throw error
  }
  return { value: document.toJS({ maxAliasCount: -1 }) as unknown }
}

const placeOf = (lines: LineCounter, offset: number): { readonly line: number; readonly column: number } => {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function describeError(code: string, message: string): Found {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return { message: 'holds several documents', fix: 'Give each a file of its own.' }
    case 'RESOURCE_EXHAUSTION':
      return tooDeep
    default:
      return { message: `isn't YAML: ${message}`, fix: 'Mend the file; JSON is fine too.' }
  }
}

const tooDeep: Found = {
  message: `is nested more than ${maxDepth} levels deep`,
  fix: 'Give large data as a file parameter.',
}

class Refusal extends Error {
  readonly found: Found
  constructor(found: Found) {
    super(found.message)
    this.found = found
  }
}

/** The collections around a node. */
interface Around {
  readonly node: unknown
  readonly around: Around | undefined
}

/** Looks at all that is written before it is made into values, so that each mistake has its line. */
class Check {
  readonly #yaml: typeof import('yaml')
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #places: FieldLocations
  readonly #sizes = new Map<unknown, number>()
  #aliased = 0

  constructor(yaml: typeof import('yaml'), document: Document, lines: LineCounter, places: FieldLocations) {
    this.#yaml = yaml
    this.#document = document
    this.#lines = lines
    this.#places = places
  }

  /** Gives how many values it is. */
  node(node: unknown, path: readonly (string | number)[], around: Around | undefined): number {
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml
    if (isAlias(node)) return this.#alias(node, around)
    if (path.length > maxDepth) this.#refuse(node, tooDeep.message, tooDeep.fix)
    const { tag } = (node ?? {}) as { tag?: string }
    if (tag !== undefined && !plainTags.has(tag))
      this.#refuse(node, `has the tag ${shownTag(tag)}, for which JSON has no value`, 'Write the value as JSON has it.')
    let size = 1
    const inside = { node, around }
    if (isMap(node)) {
      const names = new Set<string>()
      for (const { key, value } of node.items) {
        const name = this.#key(key, around)
        if (name === undefined) {
          size += this.#merged(value, path, inside)
          continue
        }
        if (names.has(name)) this.#refuse(key, `has the key "${name}" twice`, 'Give it once.')
        names.add(name)
        const at = [...path, name]
        this.#places.set(showPath(at), this.#placeOf(key))
        size += this.node(value, at, inside)
      }
    } else if (isSeq(node)) for (const [i, item] of node.items.entries()) size += this.node(item, [...path, i], inside)
    else if (isScalar(node)) this.#scalar(node, path)
    this.#sizes.set(node, size)
    return size
  }

  #scalar(node: { readonly value: unknown; readonly source?: string }, path: readonly (string | number)[]): void {
    const json = toJson(node.value)
    if ('json' in json) return
    const name = path.length > 0 ? `in which "${showPath(path)}" ` : 'that '
    this.#refuse(
      node,
      `has a value ${name}${json.problem.reason}, which JSON can't carry`,
      'Give it as a text, or another value.',
    )
  }

  #alias(node: { readonly source: string }, around: Around | undefined): number {
    const target = (node as unknown as { resolve(document: Document): Node | undefined }).resolve(this.#document)
    const name = `*${node.source}`
    if (!target)
      this.#refuse(
        node,
        `has the alias ${name}, and no anchor &${node.source} before it`,
        'Correct the name of the alias.',
      )
    for (let at = around; at; at = at.around)
      if (at.node === target)
        this.#refuse(node, `has the alias ${name} inside of what it stands for`, 'Write the value out.')
    const size = this.#sizes.get(target) ?? 1
    this.#aliased += size
    if (this.#aliased > mostAliased)
      this.#refuse(
        node,
        `has aliases that stand for more than ${mostAliased} values`,
        'Give large data as a file parameter.',
      )
    return size
  }

  /** What `<<` puts into the mapping around it. */
  #merged(value: unknown, path: readonly (string | number)[], around: Around): number {
    const { isAlias, isMap, isSeq } = this.#yaml
    const size = this.node(value, path, around)
    const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(this.#document) : node)
    const whole = resolved(value)
    const parts = isSeq(whole) ? whole.items.map(resolved) : [whole]
    if (!parts.every((part) => isMap(part)))
      this.#refuse(value, 'has a << whose value is no mapping', 'Give it mappings.')
    return size
  }

  /** `undefined` for `<<`. */
  #key(key: unknown, around: Around | undefined): string | undefined {
    const { isAlias, isScalar } = this.#yaml
    if (isAlias(key)) this.#alias(key, around)
    const scalar = isAlias(key) ? key.resolve(this.#document) : key
    if (isScalar(scalar) && typeof scalar.value === 'symbol') return undefined
    if (!isScalar(scalar) || scalar.value === null || isObject(scalar.value))
      return this.#refuse(key, 'has a key that is no name', 'Give each value a name.')
    return String(scalar.value)
  }

  #placeOf(node: unknown): { readonly line: number; readonly column: number } {
    return placeOf(this.#lines, (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0)
  }

  #refuse(node: unknown, message: string, fix: string): never {
    throw new Refusal({ message, fix, ...this.#placeOf(node) })
  }
}

/** As an author writes it: `!!js/function`. */
const shownTag = (tag: string): string => tag.replace(/^tag:yaml\.org,2002:/, '!!')
