import { randomBytes } from 'node:crypto'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunOptions, Started } from '../support/processes.ts'
import { type Campaign, holds, same, type Trial } from './campaign.ts'
import { killingAt, type StoreCall, traced, whyNoTrace } from './kills-calls.ts'
import * as read from './kills-store.ts'
import {
  callsIn,
  counted,
  logsOf,
  metricsOf,
  placeOf,
  type Setting,
  settings,
  type Truth,
  truthBeside,
} from './kills-truth.ts'

/** On a machine that is too busy nothing must look like a kill. */
const timeout = 900_000

/** One case: runs that are killed, and the run after them. */
class Case {
  readonly #trial: Trial
  readonly #truth: Truth
  readonly #setting: Setting
  readonly #at: StoreCall | undefined
  readonly #marker = `MILLRACE_CASE=${randomBytes(8).toString('hex')}`
  /** Nothing is known of the program's code. */
  #cold = false
  #kills = 0
  /** Attempts whose results `--fresh` replaces. */
  #replaced: ReadonlySet<string> = new Set()

  constructor(trial: Trial, truth: Truth, setting: Setting, at: StoreCall | undefined) {
    this.#trial = trial
    this.#truth = truth
    this.#setting = setting
    this.#at = at
  }

  get #store(): string {
    return join(this.#trial.folder, 'store')
  }

  /** Where nothing is known of the program's code. */
  get #caches(): string {
    return join(this.#trial.folder, 'caches')
  }

  async perform(): Promise<void> {
    const { random } = this.#trial
    const chance = random.next()
    const more = chance < 0.7 ? 0 : chance < 0.9 ? 1 : 2
    const two = random.next() < 0.15
    this.#cold = random.next() < 0.25 && !this.#at
    const calls = this.#truth.storeCalls.filter(([setting]) => setting === this.#setting)
    for (let [at, tries] = [this.#at, 0]; ; at &&= random.pick(calls)[1], tries++) {
      this.#kills = 0
      this.#truth.prepare(this.#trial.folder, this.#setting)
      this.#replaced = new Set(read.attemptsIn(this.#store))
      const other = two ? this.#start([]) : undefined
      const landed = await this.#kill(settings[this.#setting], at, 0.8 ** tries)
      if (other) {
        const { code } = await other.ended
        same(`the run beside it:\n${other.stderr()}`, [code, other.stdout()], [0, this.#truth.stdout])
      }
      if (landed) break
      holds('the kill lands at last', tries < 20)
    }
    const held = this.#look()
    if (random.next() < 0.25) this.#cut(held.unfinished)
    for (let left = more; left > 0; left--) {
      await this.#kill([], undefined, 1)
      this.#look()
    }
    await this.#last()
  }

  #start(args: readonly string[], options: RunOptions = {}): Started {
    const [name = '', value = ''] = this.#marker.split('=')
    return this.#trial.start(args, {
      entry: this.#truth.entry,
      timeout,
      ...options,
      env: { [name]: value, GO: 'killed', ...(this.#cold && { XDG_CACHE_HOME: this.#caches }), ...options.env },
    })
  }

  /** Tells whether it died by the kill. */
  async #kill(args: readonly string[], at: StoreCall | undefined, share: number): Promise<boolean> {
    const run = this.#start(args, at ? { before: killingAt(at), env: traced } : {})
    if (!at) {
      const wait = sleep(this.#trial.random.next() * share * this.#truth.milliseconds[this.#setting])
      await Promise.race([wait, run.ended])
      run.child.kill('SIGKILL')
    }
    const { code, signal } = await run.ended
    if (signal === 'SIGKILL') this.#kills++
    else if (!at)
      same(`a run that ended before the kill:\n${run.stderr()}`, [code, run.stdout()], [0, this.#truth.stdout])
    return signal === 'SIGKILL'
  }

  /** What was committed, and the run that is to be gone on with; that nothing is lost or torn. */
  #look(): {
    readonly held: readonly { readonly call: string; readonly run: string }[]
    readonly unfinished: string | undefined
  } {
    read.whole(this.#store, this.#kills + 1)
    const { calls: held } = read.committed(this.#store)
    const runs = read.runsIn(this.#store)
    for (const run of runs)
      for (const event of read.journalOf(this.#store, run)) {
        if (event.event !== 'stage.succeeded') continue
        const call = this.#truth.callOf.get(placeOf(event)) as string
        const kept = held.some((at) => at.call === call && (at.run === run || !isEffect(call)))
        holds(`${run} tells that ${call} succeeded, and its result is in the store`, kept)
      }
    return { held, unfinished: runs.filter((run) => !read.hasSucceeded(this.#store, run)).at(-1) }
  }

  /** A write that is cut within: the beginning of a line more, as a kill leaves it. */
  #cut(run: string | undefined): void {
    if (run === undefined) return
    const paths = ['journal.jsonl', 'metrics.jsonl', 'logs/index.jsonl'].map((name) =>
      join(this.#store, 'runs', run, name),
    )
    const packs = join(this.#store, 'results', 'packs')
    for (const name of read.namesIn(packs)) if (name.startsWith(run)) paths.push(join(packs, name))
    for (const path of paths) {
      const line = read.textOf(path).match(/([^\n]+)\n$/)?.[1]
      if (line) appendFileSync(path, line.slice(0, Math.ceil(line.length * this.#trial.random.next())).slice(0, -1))
    }
  }

  /** The run after the kills. */
  async #last(): Promise<void> {
    const { held, unfinished } = this.#look()
    const runs = read.runsIn(this.#store)
    const run = this.#start([], { env: { GO: 'last' } })
    const { code, signal } = await run.ended
    same(`the next run:\n${run.stderr()}`, [code, signal, run.stdout()], [0, null, this.#truth.stdout])
    const after = read.runsIn(this.#store)
    const added = after.filter((id) => !runs.includes(id))
    same('runs that are new', added.length, unfinished === undefined ? 1 : 0)
    const id = unfinished ?? (added[0] as string)
    holds(`${id} has succeeded`, read.hasSucceeded(this.#store, id))
    this.#again(callsIn(this.#trial.folder, 'last'), held, id)
    read.whole(this.#store, this.#kills + 1)
    same('its metrics', metricsOf(this.#store, id), this.#truth.metrics)
    if (this.#setting !== 'merge') this.#logs(id)
    same('litter', read.litterIn(this.#store), [])
    const unnamed = read.unnamedAttempts(this.#store).filter((attempt) => !this.#replaced.has(attempt))
    same('attempts of no result', unnamed, [])
    await this.#orphans()
  }

  /** A log is that of the attempt that made the result. */
  #logs(id: string): void {
    const logs = logsOf(this.#store, id)
    same('logs', [...logs.keys()], [...this.#truth.logs.keys()])
    for (const [name, text] of logs) same(`the log ${name}`, text, this.#truth.logs.get(name))
  }

  /** What was committed does not run again, and all else runs once. */
  #again(ran: readonly string[], held: readonly { readonly call: string; readonly run: string }[], id: string): void {
    const kept = counted(held.filter(({ call, run }) => !isEffect(call) || run === id).map(({ call }) => call))
    const counts = counted(ran)
    for (const [call, times] of this.#truth.calls) {
      const had = isEffect(call) ? (kept.get(call) ?? 0) : kept.has(call) ? times : 0
      same(`runs of "${call}" in ${id}, which had ${had} of ${times}`, counts.get(call) ?? 0, times - had)
    }
  }

  /** Processes of this case that live on. */
  async #orphans(): Promise<void> {
    let left: string[] = []
    for (const end = performance.now() + 200_000; performance.now() < end; await sleep(100)) {
      left = readdirSync('/proc').filter(
        (name) => /^\d+$/.test(name) && read.textOf(`/proc/${name}/environ`).includes(this.#marker),
      )
      if (left.length === 0) return
    }
    throw new Error(`processes are left: ${left.map((pid) => `${pid} ${read.textOf(`/proc/${pid}/cmdline`)}`).join()}`)
  }
}

/** What each run does anew: stages of no cache, and what reads of them what is never the same. */
const isEffect = (call: string): boolean => /^(effect|equal|after)/.test(call)

export const kills: Campaign = {
  name: 'kills',
  what: 'after `kill -9` the next run ends with the same bytes, redoes no committed stage, leaves no litter',
  sample: 30,
  full: 1500,
  async perform(trial) {
    const known = await truthBeside(trial.folder)
    const { index, full, random } = trial
    const nth = full ? index - 1000 : index % 3 === 2 ? random.below(500) : -1
    if (nth < 0) {
      const chance = random.next()
      await new Case(trial, known, chance < 0.7 ? 'empty' : chance < 0.85 ? 'fresh' : 'merge', undefined).perform()
      return undefined
    }
    if (whyNoTrace() !== '') return whyNoTrace()
    const [setting, call] = known.storeCalls[nth % known.storeCalls.length] as readonly [Setting, StoreCall]
    await new Case(trial, known, setting, call).perform()
    return undefined
  },
}
