import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { RunError, run } from 'millrace'
import { holds, same, type Trial } from '../campaign.ts'
import { Check, finished, keysOf, started, type Told } from './check.ts'
import { doc, interpret, type World } from './interpret.ts'
import type { Program } from './program.ts'
import { wired } from './wire.ts'

// the suite's sample must run as the campaign does: under a test runner stages run in its process, by keys of their own
for (const name of ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT']) delete process.env[name]

interface Settings {
  readonly jobs: number
  /** Each call in a warm worker. */
  readonly workers?: true
  /** Cancels at this event. */
  readonly stopAt?: number
}

/** A program that is run in each way. */
export class Ways {
  readonly #trial: Trial
  readonly #program: Program
  readonly #pipeline: ReturnType<typeof wired>
  readonly #world: World
  readonly #check: Check
  readonly #folder: (name: string) => string

  constructor(trial: Trial, program: Program, name: string) {
    this.#trial = trial
    this.#program = program
    this.#pipeline = wired(program)
    this.#folder = (part) => join(trial.folder, `${name}-${part}`)
    this.#world = { gate: this.#folder('gate'), open: true }
    trial.write({ 'doc.txt': doc })
    this.#check = new Check(program, interpret(program, this.#world))
  }

  async all(isolated: boolean): Promise<void> {
    this.#open()
    const one = await this.#run('one job', 'one', { jobs: 1 })
    this.#check.whole(one)
    const many = await this.#run('eight jobs', 'many', { jobs: 8 })
    this.#check.whole(many)
    this.#alike(one, many)
    await this.#again('from the cache', 'many', one)
    const moved = await this.#run('in workers', 'moved', { jobs: 8, workers: true })
    this.#check.whole(moved)
    this.#alike(one, moved)
    await this.#resumed(one)
    if (this.#hasGate()) await this.#opened(one)
    if (isolated) await this.#isolated(one)
  }

  #hasGate(): boolean {
    return JSON.stringify(this.#program).includes('"stage":"gate"')
  }

  #open(): void {
    writeFileSync(this.#world.gate, '')
  }

  /** Two fresh runs did the same, under the same keys. */
  #alike(one: Told, other: Told): void {
    const what = `${one.way} and ${other.way}`
    same(`${what}: the plan`, started(other.events).plan, started(one.events).plan)
    this.#sameKeys(one, other)
  }

  #sameKeys(one: Told, other: Told): void {
    const [a, b] = [one, other].map(({ events }) => this.#check.committed(events).toSorted())
    same(`${one.way} and ${other.way}: the keys that were committed`, b, a)
  }

  async #again(way: string, store: string, fresh: Told): Promise<void> {
    const told = await this.#run(way, store, { jobs: 8 })
    this.#check.whole(told)
    this.#check.again(told, finished(fresh.events).status as 'succeeded')
    same(`${way}: the keys`, [...this.#keys(told)].sort(), [...this.#keys(fresh)].sort())
  }

  /** The number that each call told, with its log, whether it ran or was cached. */
  #keys({ events }: Told): string[] {
    return [...keysOf(events)].flatMap(([call, key]) => (this.#check.runsAlways(call) ? [] : [`${call} ${key}`]))
  }

  /** Cancelled at some event, once or twice, and run again. */
  async #resumed(fresh: Told): Promise<void> {
    const { random } = this.#trial
    const parts: Told[] = []
    for (let i = 0; i <= random.below(2); i++) {
      const stopAt = random.below(fresh.events.length)
      const part = await this.#run(`cancelled at event ${stopAt}`, 'resumed', { jobs: 1 + random.below(8), stopAt })
      this.#check.part(part)
      parts.push(part)
      if (finished(part.events).status === 'succeeded') break
    }
    const end = await this.#run('resumed', 'resumed', { jobs: 8 })
    this.#check.whole(end)
    this.#wentOn([...parts, end], true)
  }

  /** Run while what its gates ask for is missing, and again when it is there. */
  async #opened(fresh: Told): Promise<void> {
    rmSync(this.#world.gate)
    const world = { ...this.#world, open: false }
    const shut = await this.#run('with a gate shut', 'gated', { jobs: 8 })
    new Check(this.#program, interpret(this.#program, world)).whole(shut)
    this.#open()
    const end = await this.#run('with the gate open', 'gated', { jobs: 8 })
    this.#check.whole(end)
    // what a map forgave was handed on as null, and is another input now
    this.#wentOn([shut, end], false)
    await this.#again('from the cache, with the gate open', 'gated', fresh)
  }

  /** Nothing that a run committed was run again by those after it. */
  #wentOn(parts: readonly Told[], sameInputs: boolean): void {
    const way = parts.map(({ way }) => way).join(', then ')
    const committed = parts.flatMap(({ events }) => this.#check.committed(events))
    const twice = committed.filter((key, i) => committed.indexOf(key) !== i)
    same(`${way}: keys that were committed again`, twice, [])
    const last = parts.at(-1) as Told
    const one = parts.every((part, i) => i === parts.length - 1 || finished(part.events).status !== 'succeeded')
    if (!one) return
    for (const { events } of parts) same(`${way}: the run`, started(events).run, started(last.events).run)
    if (!sameInputs) return
    const ran = parts.flatMap(({ events }) => this.#check.effects(events, 'stage.succeeded')).sort()
    const ended = this.#check.effects(last.events, 'stage.succeeded', 'stage.cached')
    same(`${way}: calls that may not be cached`, ran, ended)
  }

  // ------------------------------------------------------------ runs

  async #run(way: string, store: string, { jobs, stopAt, workers }: Settings): Promise<Told> {
    const events: Event[] = []
    const stop = new AbortController()
    const onEvent = (event: Event) => {
      if (events.push(event) - 1 === stopAt) stop.abort()
    }
    const folder = this.#folder(store)
    const giveBack = workers ? withWorkers() : () => {}
    try {
      const output = await run(this.#pipeline, this.#input() as never, {
        store: folder,
        jobs,
        signal: stop.signal,
        onEvent,
      })
      same(`${way}: what run gives`, output, finished(events).output)
    } catch (error) {
      if (!(error instanceof RunError) || error.run === null) throw error
    } finally {
      giveBack()
    }
    return { way, events }
  }

  #input() {
    return { ...this.#program.input, doc: join(this.#trial.folder, 'doc.txt'), gate: this.#world.gate }
  }

  /** As a program of its own, on the built package, each stage in a process of its own. */
  async #isolated(fresh: Told): Promise<void> {
    const { write, run: start } = this.#trial
    const text = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')
    write({
      'program.ts': main,
      'stages.ts': text('stages.ts'),
      'wire.ts': text('wire.ts'),
      'program.json': JSON.stringify(this.#program),
      'input.json': JSON.stringify(this.#input()),
    })
    const env = { MILLRACE_STORE: this.#folder('isolated'), MILLRACE_VERIFY: '1' }
    const args = ['--json', '--params', 'input.json']
    const ran = async (way: string): Promise<Told> => {
      const { signal, stderr, events } = await start(args, { env, timeout: 1_800_000 })
      same(`${way}: it was killed because it did not end`, signal, null)
      const told = { way, events: events() as unknown as Event[] }
      holds(`${way}: no run: ${stderr}`, told.events.length > 1)
      return told
    }
    const isolated = await ran('isolated')
    this.#check.whole(isolated)
    this.#sameKeys(fresh, isolated)
    if (!this.#trial.full) return
    const again = await ran('isolated, from the cache')
    this.#check.whole(again)
    this.#check.again(again, finished(isolated.events).status as 'succeeded')
  }
}

/** Lets no call of a run be light. Gives the way back. */
function withWorkers(): () => void {
  const { MILLRACE_LIGHT } = process.env
  process.env.MILLRACE_LIGHT = '0'
  return () => {
    if (MILLRACE_LIGHT === undefined) delete process.env.MILLRACE_LIGHT
    else process.env.MILLRACE_LIGHT = MILLRACE_LIGHT
  }
}

const main = `
import { readFileSync } from 'node:fs'
import { main } from 'millrace'
import { wired } from './wire.ts'
export const random = wired(JSON.parse(readFileSync(new URL('program.json', import.meta.url), 'utf8')), { isolate: 'process' })
main(import.meta, random)
`
