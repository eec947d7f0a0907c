import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { builtFolder } from '../support/built.ts'
import { type Files, writeProgram } from '../support/files.ts'
import { finish, type Ran, type RunOptions, type Started, start } from '../support/processes.ts'
import { Random } from './random.ts'

/** One row of the table: something that must hold whatever happens, tried many times. */
export interface Campaign {
  /** The word by which the command line and the table know it. */
  readonly name: string
  /** What must hold, one line. */
  readonly what: string
  /** Cases in the test suite. */
  readonly sample: number
  /** Cases of the whole campaign. */
  readonly full: number
  /** Cases at once. Default 2. */
  readonly jobs?: number
  /** Tries one case. Throws when what must hold did not; returns why when it can't be tried on this machine. */
  perform(trial: Trial): Promise<string | undefined>
}

/** What one case is given. */
export interface Trial {
  /** From 0. */
  readonly index: number
  readonly seed: number
  /** Gives the same numbers for the same seed and index. */
  readonly random: Random
  /** Whether this is the whole campaign. */
  readonly full: boolean
  /** A folder of its own, in which `millrace` and `zod` resolve; removed when the case ends well. */
  readonly folder: string
  /** Writes a program there. */
  write(files: Files): void
  /** Runs it to its end on the built package, with Node alone; its store is `<folder>/store`. */
  run(args?: readonly string[], options?: RunOptions): Promise<Ran>
  start(args?: readonly string[], options?: RunOptions): Started
}

/** A case that failed, with what it takes to see it again. */
interface Lost {
  readonly index: number
  readonly seed: number
  readonly folder: string
  readonly error: unknown
}

export interface Figures {
  readonly tried: number
  readonly lost: readonly Lost[]
  /** By reason. */
  readonly skipped: ReadonlyMap<string, number>
  readonly seconds: number
}

export interface Choice {
  readonly seed: number
  readonly count: number
  readonly full: boolean
  /** The first case. Default 0. */
  readonly from?: number
  readonly onCase?: (done: number, lost: number) => void
}

/** Tries the cases of a campaign, a few at once. */
export async function perform(campaign: Campaign, choice: Choice): Promise<Figures> {
  const { seed, count, from = 0 } = choice
  const began = performance.now()
  const built = builtFolder()
  const lost: Lost[] = []
  const skipped = new Map<string, number>()
  let next = from
  let done = 0
  const worker = async () => {
    for (let index = next++; index < from + count; index = next++) {
      const folder = join(built, `${campaign.name}-${index}-${randomBytes(4).toString('hex')}`)
      try {
        const why = await campaign.perform(trial(folder, index, choice))
        if (why) skipped.set(why, (skipped.get(why) ?? 0) + 1)
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
      } catch (error) {
        lost.push({ index, seed, folder, error })
      }
      done++
      choice.onCase?.(done, lost.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, campaign.jobs ?? 2) }, worker))
  return { tried: done, lost, skipped, seconds: (performance.now() - began) / 1000 }
}

function trial(folder: string, index: number, { seed, full }: Choice): Trial {
  const how = (options: RunOptions = {}): RunOptions => ({ how: 'node', ...options })
  writeProgram(folder, {})
  return {
    index,
    seed,
    random: new Random(`${seed} ${index}`),
    full,
    folder,
    write: (files) => writeProgram(folder, files),
    run: (args, options) => finish(folder, args, how(options)),
    start: (args, options) => start(folder, args, how(options)),
  }
}

/** Where a case that is not what it should be ends; both are shown whole. */
class NotEqual extends Error {
  constructor(what: string, found: unknown, expected: unknown) {
    super(`${what}\n  found:    ${text(found)}\n  expected: ${text(expected)}`)
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)))

/** Ends the case unless two values have the same JSON. */
export function same(what: string, found: unknown, expected: unknown): void {
  if (text(found) !== text(expected)) throw new NotEqual(what, found, expected)
}

/** Ends the case unless something holds. */
export function holds(what: string, is: boolean): void {
  if (!is) throw new Error(what)
}
