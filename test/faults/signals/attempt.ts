import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { How, RunOptions, Started } from '../../support/processes.ts'
import { holds, same, type Trial } from '../campaign.ts'
import { endMarked, type JournalEvent, journals, markVariable, noneLeft } from './look.ts'
import { files, outputOf } from './program.ts'

export const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
export type Signal = keyof typeof codes

/** What became of the run: `none` when none was begun. */
type Fate = 'none' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted'

/** Where a run may end: its exit code or what killed it, and its state. */
export interface Allowed {
  readonly exit: number | NodeJS.Signals
  readonly fate: Fate
}

interface Way {
  readonly pipeline: 'here' | 'apart' | 'chain'
  readonly style: string
  readonly how?: How
  readonly json?: boolean
  /** Words after the program's. */
  readonly words?: readonly string[]
  readonly before?: readonly string[]
  /** Words instead of the program's. */
  readonly instead?: readonly string[]
  readonly options?: RunOptions
}

/** One run that is disturbed, and the one that goes on with it. */
export class Attempt {
  readonly trial: Trial
  readonly how: Way
  readonly mark: string
  readonly started: Started
  readonly began = performance.now()

  constructor(trial: Trial, how: Way) {
    this.trial = trial
    this.how = how
    this.mark = trial.folder.split('/').at(-1) as string
    trial.write(files)
    const words = how.instead ?? [
      ...(how.before ?? []),
      ...this.#words(),
      ...(how.json ? ['--json'] : []),
      ...(how.words ?? []),
    ]
    this.started = trial.start(words, {
      how: how.how ?? 'node',
      detached: true,
      ...how.options,
      env: { [markVariable]: this.mark, ...how.options?.env },
    })
  }

  /** Stages that wait for it may go on. */
  disturbed(): void {
    writeFileSync(join(this.trial.folder, 'disturbed'), '')
  }

  /** Sends a signal to the process, or to its whole group as a terminal does. */
  send(signal: NodeJS.Signals, toGroup: boolean): void {
    const pid = this.started.child.pid as number
    try {
      process.kill(toGroup ? -pid : pid, signal)
    } catch {
      // it has ended
    }
  }

  /** Waits until a text was said by the program, then a moment. */
  async said(text: string, times: number, milliseconds: number): Promise<void> {
    const { started } = this
    const ended = started.ended.then(() => true)
    const count = () => (started.stdout() + started.stderr()).split(text).length - 1
    while (count() < times && !(await Promise.race([ended, sleep(10, false)])));
    await sleep(milliseconds)
  }

  /** The seconds that something may take: in the suite, on a machine that is busy, that is no assertion. */
  within(seconds: number): number {
    return this.trial.full ? seconds : 30 * seconds
  }

  /** Ends the case unless the run ended in one of these ways, soon, and leaves nothing running. */
  async ends(allowed: readonly Allowed[], most: number, since = performance.now()): Promise<Allowed> {
    const within = this.within(most)
    const late = setTimeout(() => endMarked(this.mark), 1000 * Math.max(60, 2 * within))
    const { code, signal } = await this.started.ended
    clearTimeout(late)
    const seconds = (performance.now() - since) / 1000
    const { folder } = this.trial
    await noneLeft(this.mark)
    const [run, ...more] = journals(join(folder, 'store'))
    same('one run', more.length, 0)
    const last = run?.events.at(-1)
    const fate = run === undefined ? 'none' : last?.event === 'run.finished' ? (last.status as Fate) : 'interrupted'
    const found = { exit: code ?? (signal as NodeJS.Signals), fate }
    const told = `${this.started.stdout().slice(-500)}\n${this.started.stderr().slice(-3000)}`
    holds(
      `it ended with ${JSON.stringify(found)} after ${seconds.toFixed(1)} s; expected ${JSON.stringify(allowed)}\n${told}`,
      allowed.some(({ exit, fate }) => exit === found.exit && fate === found.fate),
    )
    holds(`it ended after ${seconds.toFixed(1)} s, expected at most ${within} s\n${told}`, seconds < within)
    await this.#listed(fate)
    return found
  }

  /** The summary is the last line, and stdout holds what it must. */
  checkTold(fate: Fate): void {
    const { json, pipeline } = this.how
    const stderr = this.started.stderr()
    holds(
      `the last line is no summary:\n${stderr}`,
      /^\d+ ran, \d+ cached, \d+ skipped, \d+ failed, [\d.]+ (s|min)/.test(stderr.trimEnd().split('\n').at(-1) ?? ''),
    )
    const stdout = this.started.stdout()
    if (!json) same('stdout', stdout, fate === 'succeeded' ? outputOf(pipeline) : '')
    else
      same('the last event', (JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as JournalEvent).status, fate)
  }

  async #listed(fate: Fate): Promise<void> {
    const { code, stdout } = await this.trial.run(['runs', 'list', '--json'])
    const [run] = stdout.trim() === '' ? [] : [JSON.parse(stdout.trim().split('\n')[0] as string) as { status: Fate }]
    same('runs list', [code, run?.status ?? 'none'], [0, fate])
  }

  /** The next run ends well under the same id, and does again nothing that was committed. */
  async goesOn(fate: Fate): Promise<void> {
    const { trial, how } = this
    const store = join(trial.folder, 'store')
    const before = journals(store)[0]
    const committed = keysOf(before?.events ?? [], 'stage.succeeded')
    writeFileSync(join(trial.folder, 'go'), '')
    const { code, stdout, stderr } = await trial.run(this.#words(), { env: { [markVariable]: this.mark } })
    same(`going on: ${stderr}`, [code, stdout], [0, outputOf(how.pipeline)])
    const after = journals(store)
    const resumed = fate === 'none' || fate === 'succeeded' ? undefined : before?.id
    if (resumed !== undefined)
      same(
        'the runs',
        after.map(({ id }) => id),
        [resumed],
      )
    const last = after.at(-1)?.events ?? []
    const events = resumed === undefined ? last : last.slice(before?.events.length ?? 0)
    const again = keysOf(events, 'stage.started')
    same(
      'done again',
      committed.filter((key) => again.includes(key)),
      [],
    )
    same('the end', [events.at(-1)?.event, events.at(-1)?.status], ['run.finished', 'succeeded'])
    await noneLeft(this.mark)
    holds('a core was dumped', !existsSync(join(trial.folder, 'core')))
  }

  #words(): string[] {
    return ['--pipeline', this.how.pipeline, '--param', `how=${this.how.style}`]
  }
}

const keysOf = (events: readonly JournalEvent[], kind: string): string[] =>
  events.flatMap(({ event, node, index }) => (event === kind ? [`${node} ${index ?? ''}`] : []))
