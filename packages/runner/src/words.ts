import {
  artifactsOf,
  canonical,
  fieldOf,
  isArtifactValue,
  isGroup,
  isText,
  itemOf,
  type Json,
  type Port,
  placeIn,
  type Schema,
  schemaPort,
  showPath,
  showPlace,
  valueAt,
  type Word,
  type WordPart,
  type WordPlace,
  type Words,
  wrongWord,
} from '@millrace/ir'
import { StageFailure } from './failure.ts'

/** What words are filled with. */
export interface WordValues {
  readonly node: string
  readonly input: Json
  readonly inputSchema: Schema
  /** The absolute path that a place of the output is written to; asked for once for each place that stands. */
  outputPath(path: readonly string[]): string
}

/** What a place holds, and what is known of it. */
interface Found {
  readonly value: Json | undefined
  readonly port: Port
}

/**
 * The words that a process is given, with its values in their places.
 *
 * @throws StageFailure `invalid-word` where no process can be given a value
 */
export function fillWords(words: Words, values: WordValues): string[] {
  const input: Found = { value: values.input, port: schemaPort(values.inputSchema, values.inputSchema) }
  const paths = new Map<string, string>()
  const out: string[] = []
  const fill = (list: Words, items: readonly Found[]): void => {
    for (const entry of list) {
      if (!isGroup(entry)) out.push(wordOf(entry, items))
      else if ('given' in entry) {
        const { value } = look(entry.given, items)
        if (value !== undefined && value !== null && value !== false) fill(entry.words, items)
      } else {
        const { value, port } = look(entry.each, items)
        if (!Array.isArray(value)) throw notList(values.node, entry.each)
        for (const item of value as readonly Json[]) fill(entry.words, [{ value: item, port: itemOf(port) }, ...items])
      }
    }
  }
  /** Items are those of the `each`s around, the innermost first. */
  const look = (place: WordPlace, items: readonly Found[]): Found => {
    const { path } = placeIn(place)
    const from = 'item' in place ? (items[place.depth ?? 0] as Found) : input
    const port = path.reduce<Port | undefined>((at, key) => at && fieldOf(at, key), from.port)
    return { value: valueAt(from.value, path), port: port ?? schemaPort({}, {}) }
  }
  const textOf = (part: WordPart, items: readonly Found[]): string => {
    if (typeof part === 'string') return part
    if (!('output' in part)) return told(look(part, items), part)
    const key = JSON.stringify(part.output)
    const path = paths.get(key) ?? values.outputPath(part.output)
    paths.set(key, path)
    return path
  }
  const told = ({ value, port }: Found, place: WordPlace): string => {
    if (value === undefined) throw absent(values.node, place)
    if (isArtifactValue(value) && artifactsOf(port).some((one) => one !== undefined)) return value.path
    return typeof value === 'string' && isText(port) ? value : canonical(value)
  }
  const wordOf = (word: Word, items: readonly Found[]): string => {
    const text = partsOf(word)
      .map((part) => textOf(part, items))
      .join('')
    const wrong = wrongWord(text)
    if (wrong) throw invalid(values.node, word, wrong)
    return text
  }
  fill(words, [])
  return out
}

const partsOf = (word: Word): readonly WordPart[] => (Array.isArray(word) ? word : [word as WordPart])

function invalid(node: string, word: Word, { message, fix }: { readonly message: string; readonly fix: string }) {
  const places = partsOf(word).filter((part) => typeof part !== 'string')
  const of = places.map((place) => `"${showPlace(place)}"`).join(' and ')
  const [first] = places
  const path = first && 'input' in first ? showPath(first.input) : ''
  return new StageFailure('invalid-word', `"${node}": the word ${of ? `of ${of} ` : ''}${message}`, fix, {
    retry: false,
    ...(path === '' ? {} : { path }),
  })
}

const absent = (node: string, place: WordPlace): StageFailure =>
  new StageFailure(
    'invalid-word',
    `"${node}": "${showPlace(place)}" stands among its words, and is not there`,
    `Put it in given(${showPlace(place)}, [ … ]).`,
    { retry: false },
  )

const notList = (node: string, place: WordPlace): StageFailure =>
  new StageFailure(
    'invalid-word',
    `"${node}": its words are to be given for each item of "${showPlace(place)}", which is not a list`,
    'Say in the schema that it is a list.',
    { retry: false },
  )
