import type { Knobs } from './knobs.ts'
import { base, type Tree } from './program.ts'

/** Puts one text in place of another, wherever it stands; without the first it makes a file, without the second none. */
type Swap = readonly [file: string, from: string | undefined, to: string | undefined]

/** One kind of edit of the program, with what must follow from it. */
export interface Kind {
  readonly name: string
  readonly edit?: readonly Swap[]
  /** A file that gets its x-bit. */
  readonly executable?: string
  /** Rewrites every text file of the author at the end. */
  readonly everywhere?: (text: string) => string
  /** The folder in which the program lies. */
  readonly place?: string
  /** Words of the command line; `<place>` is the folder. */
  readonly args?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
  /** An effect of loading counts, the order of imports does not; together they do. */
  readonly loading?: 'effect' | 'order'
  /** What is computed otherwise. */
  readonly knobs?: Partial<Knobs>
  /** Stages whose code is another, with what `plan` names as the cause. */
  readonly code?: Readonly<Record<string, readonly string[]>>
  /** The calls that run after this edit alone, every other is cached or skipped. */
  readonly runs?: string
  /** The rows of `plan` before that run, less those of calls that are cached; between columns one space. */
  readonly plan?: readonly string[]
}

/** Whether an edit can be made beside others. */
export function fits(kind: Kind, others: readonly Kind[]): boolean {
  const set = new Set(others.flatMap(({ knobs }) => Object.keys(knobs ?? {})))
  if (Object.keys(kind.knobs ?? {}).some((knob) => set.has(knob))) return false
  if (kind.loading && others.some(({ loading }) => loading && loading !== kind.loading)) return false
  const tree = apply([...others, kind])
  return tree !== undefined && others.every((other) => apply([...others, kind].filter((one) => one !== other)))
}

/** The program after edits; undefined if one of them finds no place. */
export function apply(kinds: readonly Kind[]): Tree | undefined {
  const files = new Map(base.files)
  const executable = new Set<string>()
  for (const { edit = [], executable: path } of kinds) {
    for (const [file, from, to] of edit) {
      const text = files.get(file)
      if (from === undefined ? text !== undefined : !text?.includes(from)) return undefined
      if (to === undefined) files.delete(file)
      else files.set(file, from === undefined || text === undefined ? to : text.replaceAll(from, to))
    }
    if (path !== undefined) {
      if (!files.has(path)) return undefined
      executable.add(path)
    }
  }
  for (const { everywhere } of kinds)
    if (everywhere)
      // what is changed in a package counts
      for (const [file, text] of files)
        if (/^(?!node_modules\/).*\.(?:ts|js|json)$/.test(file)) files.set(file, everywhere(text))
  return { files, executable }
}

export const placeOf = (kinds: readonly Kind[]): string => kinds.find(({ place }) => place)?.place ?? 'here'

export const argsOf = (kinds: readonly Kind[]): string[] =>
  kinds.flatMap(({ args = [] }) => args.map((word) => word.replace('<place>', placeOf(kinds))))
