import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, parseChecksummed, withChecksum } from '@millrace/ir'
import { put } from '../../files/atomic-write.ts'
import { readText } from '../../files/regular-file.ts'

/** A run that went on, and when. */
interface Resumed {
  readonly id: string
  /** RFC 3339, UTC. */
  readonly time: string
}

interface Begun {
  readonly id: string
  readonly started: string
}

/**
 * Which run of each pipeline went on last: it is younger than its id says. A file for each pipeline, that only a run that
 * goes on writes; what is missing or damaged there only costs the order.
 */
export class ResumedRuns {
  readonly #folder: string
  readonly #scratch: string

  constructor(folder: string, scratch: string) {
    this.#folder = folder
    this.#scratch = scratch
  }

  add(pipeline: string, id: string): void {
    put(this.#scratch, join(this.#folder, pipeline), withChecksum({ id, time: new Date().toISOString() }))
  }

  /** Runs whose ids are in order, the newest first, in the order in which they began or went on. */
  sorted<T extends Begun>(runs: readonly T[]): T[] {
    const times = new Map(this.all().map(({ id, time }) => [id, time]))
    const timeOf = ({ id, started }: T): string => times.get(id) ?? started
    const moved = new Set(runs.filter(({ id }) => times.has(id)))
    if (moved.size === 0) return [...runs]
    const out = runs.filter((run) => !moved.has(run))
    for (const run of moved) {
      const at = out.findIndex((other) => timeOf(other) < timeOf(run))
      out.splice(at < 0 ? out.length : at, 0, run)
    }
    return out
  }

  /** @param pipeline default: of all */
  all(pipeline?: string): readonly Resumed[] {
    return (pipeline === undefined ? this.#pipelines() : [pipeline]).flatMap((name) => {
      try {
        const value = parseChecksummed(readText(join(this.#folder, name)))
        return isObject(value) && typeof value.id === 'string' && typeof value.time === 'string'
          ? { id: value.id, time: value.time }
          : []
      } catch {
        return []
      }
    })
  }

  #pipelines(): readonly string[] {
    try {
      return readdirSync(this.#folder)
    } catch {
      return []
    }
  }
}
