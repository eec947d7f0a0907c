import { isObject, parseChecksummed, withChecksum } from '@millrace/ir'
import { put } from '../../files/atomic-write.ts'
import { linesOf } from '../../files/lines-of.ts'
import { readText } from '../../files/regular-file.ts'

/** A run's summary, with the length of the journal that it was made of. */
export interface Indexed {
  readonly id: string
  readonly journal: number
}

type Fields = { readonly [field: string]: unknown }

/** Runs that may be missing in the index before it is written anew. */
const slack = 100

/**
 * The summaries of ended runs in one file: reading ten thousand small files takes a second, and a history is looked at
 * often. It only saves that: a line is believed while the run's journal has the length that it tells.
 */
export class RunIndex<S extends Indexed> {
  readonly #path: string
  readonly #scratch: string

  readonly #is: (value: Fields) => value is Fields & S

  constructor(path: string, scratch: string, is: (value: Fields) => value is Fields & S) {
    this.#path = path
    this.#scratch = scratch
    this.#is = is
  }

  /** The lines by id; a damaged one is left out. */
  read(): ReadonlyMap<string, S> {
    const found = new Map<string, S>()
    for (const line of linesOf(this.#text())) {
      const summary = parse(`${line}\n`)
      if (isObject(summary) && typeof summary.id === 'string' && this.#is(summary)) found.set(summary.id, summary)
    }
    return found
  }

  /** Writes all summaries where so many are new that it pays. A store that can't be written stays as it is. */
  write(summaries: readonly S[], fresh: number): void {
    if (fresh < slack) return
    try {
      put(this.#scratch, this.#path, summaries.map(withChecksum).join(''))
    } catch {}
  }

  #text(): string {
    try {
      return readText(this.#path)
    } catch {
      return ''
    }
  }
}

function parse(line: string): unknown {
  try {
    return parseChecksummed(line)
  } catch {
    return undefined
  }
}
