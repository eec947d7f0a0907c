import type { z } from 'zod'
import type { Draft, Kind } from './artifact.ts'
import type { Opaque, Ref, Scalar, Shape, Value } from './infer.ts'
import { makeRef, type RefState, refState } from './ref.ts'
import { namesOf, type Scope } from './scope.ts'

declare const output: unique symbol
declare const group: unique symbol

/** A place in a stage's output, to which the process writes. */
export interface OutputPlace {
  readonly [output]: true
}

/** The places in an output: its fields, and theirs. */
export type OutputPlaces<T> = { readonly [K in keyof T & string]-?: OutputPlace & Inside<NonNullable<T[K]>> }
type Inside<T> =
  Opaque<T> extends true
    ? unknown
    : T extends Scalar | readonly unknown[] | Draft<Kind, string>
      ? unknown
      : OutputPlaces<T>

/** What `given` and `each` give: words that may stand, and words that may stand several times. */
export interface WordGroup {
  readonly [group]: true
}

/** A text, a number, or a place whose value becomes one. */
export type WordText = string | number | Value<unknown> | OutputPlace
/** One word, of which a list is joined without spaces, or a group of words. */
export type WordEntry = WordText | readonly WordText[] | WordGroup

/** What the function behind `command`, `local` or `args` is given. */
export interface WordPlaces<I extends Shape, O extends Shape> {
  /** Becomes the value: texts as they are, files and folders as their absolute paths, all else as JSON. */
  readonly input: Ref<z.output<I>>
  /**
   * Becomes the absolute path to write: of the file or folder itself, else of a file whose text, or JSON, is the value
   * once the process has ended with 0.
   */
  readonly output: OutputPlaces<z.output<O>>
  /** Words that stand where a value is there, and neither null nor false. */
  given(value: Value<unknown>, words: readonly WordEntry[]): WordGroup
  /** Words for each item of a list. */
  each<T>(list: Value<readonly T[] | null | undefined>, words: (item: Ref<T>) => readonly WordEntry[]): WordGroup
}

/** Words as an author writes them: a list, or a function that gives one and runs once, as the stage is defined. */
export type WordsOf<I extends Shape, O extends Shape> =
  | readonly WordEntry[]
  | ((places: WordPlaces<I, O>) => readonly WordEntry[])

/** What hides behind what `given` and `each` give. */
interface GroupState {
  readonly kind: 'given' | 'each'
  readonly over: unknown
  readonly words: unknown
  /** Of an `each`: where its item is known. */
  readonly scope?: Scope
}

const groups = new WeakMap<object, GroupState>()

export const groupState = (value: unknown): GroupState | undefined =>
  typeof value === 'object' && value !== null ? groups.get(value) : undefined

function makeGroup(state: GroupState): object {
  const made = Object.freeze({})
  groups.set(made, state)
  return made
}

/** Where the placeholders of one function are known, by the name of its stage. */
export const wordScope = (stage: string): Scope => ({ nodes: [], names: namesOf('', ''), stage })

/** What an author's function is given. */
export const wordPlaces = (scope: Scope): object => ({
  input: makeRef(':input', [], scope),
  output: makeRef(':output', [], scope),
  given: (over: unknown, words: unknown) => makeGroup({ kind: 'given', over, words }),
  each(over: unknown, body: (item: unknown) => unknown) {
    const inner = wordScope(scope.stage as string)
    return makeGroup({ kind: 'each', over, words: body(makeRef(':item', [], inner)), scope: inner })
  },
})

/** What a value names among the placeholders of an input or an item; undefined for any other value. */
export function inputState(value: unknown): RefState | undefined {
  const state = refState(value)
  return state?.node === ':output' ? undefined : state
}
