import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Campaign, same, type Trial } from './campaign.ts'
import { counted } from './edits/counted.ts'
import { expectPlan, expectRun, newState, type Results, type State } from './edits/expect.ts'
import { free } from './edits/free.ts'
import { apply, argsOf, fits, type Kind, placeOf } from './edits/kind.ts'
import { type Knobs, knobs } from './edits/knobs.ts'
import { type Tree, writeTree } from './edits/program.ts'
import { wired } from './edits/wired.ts'

const kinds: readonly Kind[] = [...counted, ...wired, ...free]
/** So many edits at once in the sample. */
const atOnce = 4
const sample = 6
/** So many kinds in a row in a case of the campaign, before its sequences. */
const inRow = 8
const rows = Math.ceil(kinds.length / inRow)
const sequences = 200

/** A program that is edited and run again and again, beside what must be in its store. */
class Edited {
  readonly #trial: Trial
  readonly #results: Results = new Map()
  readonly #history: State[] = []
  #place = ''
  #runs = 0

  constructor(trial: Trial) {
    this.#trial = trial
  }

  /** Runs the program as it is before all edits. */
  async begin(): Promise<void> {
    await this.#run('nothing', this.#edit([]))
  }

  /** Makes the program what some edits make it, and runs it; all is compared with what must be. */
  async become(edits: readonly Kind[]): Promise<void> {
    const what = edits.map(({ name }) => name).join(' + ') || 'all was taken back'
    const state = this.#edit(edits)
    await this.#plan(`plan after ${what}`, state)
    await this.#run(what, state)
    await this.#plan(`plan after ${what} has run`, state)
  }

  #edit(edits: readonly Kind[]): State {
    const place = placeOf(edits)
    if (this.#place !== '' && place !== this.#place) rmSync(join(this.#trial.folder, this.#place), { recursive: true })
    this.#place = place
    writeTree(join(this.#trial.folder, place), apply(edits) as Tree)
    return newState(edits, knobsOf(edits))
  }

  async #run(what: string, state: State): Promise<void> {
    const run = await this.#start(state, ['--json', '--progress', 'quiet'])
    const { events, ran } = expectRun(state, this.#results, ++this.#runs)
    const told = run.events()
    const found = told.flatMap(({ event, node, index }) => {
      const end = /^stage\.(succeeded|cached|skipped|failed|not-run)$/.exec(event as string)?.[1]
      return end ? [`${end} ${node as string}${index ? `[${(index as number[]).join('][')}]` : ''}`] : []
    })
    same(`the run after ${what} (${run.stderr})`, [run.code, found.sort()], [0, events])
    same(`the output after ${what}`, told.at(-1)?.output, state.output)
    const cached = events.filter((event) => event.startsWith('cached')).length
    const counts = `${ran.length} ran, ${cached} cached, ${events.length - ran.length - cached} skipped, 0 failed, <s>\n`
    same(`stderr after ${what}`, run.stderr, counts)
    this.#history.unshift(state)
  }

  async #plan(what: string, state: State): Promise<void> {
    const { code, stdout, stderr } = await this.#start(state, ['plan'])
    const { rows, summary } = expectPlan(state, this.#history, this.#results)
    same(what, [code, stdout.split('\n').filter(Boolean).sort(), stderr], [0, rows, summary])
  }

  #start({ kinds }: State, words: readonly string[]) {
    const edits = [...kinds]
    const variables = Object.assign({}, ...edits.map((kind) => kind.variables))
    return this.#trial.run([...words, ...argsOf(edits)], { entry: `${this.#place}/program.ts`, env: variables })
  }
}

const knobsOf = (edits: readonly Kind[]): Knobs => Object.assign({}, knobs, ...edits.map((kind) => kind.knobs))

/** The table says of each kind what follows from it alone; what is expected of the program must say the same. */
function checkTable(): void {
  const results: Results = new Map()
  const first = newState([], knobs)
  expectRun(first, results, 1)
  for (const kind of kinds) {
    const state = newState([kind], knobsOf([kind]))
    const { rows } = expectPlan(state, [first], results)
    const told = rows.filter((row) => !/ cached | skipped /.test(row)).map((row) => row.replace(/ {2,}/g, ' '))
    same(`the plan of "${kind.name}"`, told.sort(), [...(kind.plan ?? [])].sort())
    const { ran } = expectRun(state, new Map(results), 2)
    same(`the run of "${kind.name}"`, ran.join(' '), kind.runs ?? '')
  }
}

/** Each kind once, a few at once: the sample. */
async function performSome(trial: Trial): Promise<void> {
  const edited = new Edited(trial)
  await edited.begin()
  let edits: Kind[] = []
  let since = 0
  for (const kind of kinds.filter((_, i) => i % sample === trial.index)) {
    if (!fits(kind, edits) || since === atOnce) {
      await edited.become(edits)
      since = 0
    }
    edits = fits(kind, edits) ? [...edits, kind] : [kind]
    since++
  }
  await edited.become(edits)
}

/** Each kind on its own, some in a row, each in place of the one before. */
async function performEach(trial: Trial, chosen: readonly Kind[]): Promise<void> {
  const edited = new Edited(trial)
  await edited.begin()
  for (const kind of chosen) await edited.become([kind])
  await edited.become([])
}

/** Three to five edits in a row, or taken back. */
async function performSequence(trial: Trial): Promise<void> {
  const { random } = trial
  const edited = new Edited(trial)
  await edited.begin()
  let edits: Kind[] = []
  for (let left = 3 + random.below(3); left > 0; left--) {
    const back = edits.length > 0 && random.below(4) === 0
    const chosen = back ? random.pick(edits) : random.pick(kinds.filter((kind) => !edits.includes(kind)))
    if (back) edits = edits.filter((kind) => kind !== chosen)
    else if (fits(chosen, edits)) edits = [...edits, chosen]
    await edited.become(edits)
  }
}

/** An edit runs what it must and nothing else, and `plan` names the cause. */
export const edits: Campaign = {
  name: 'edits',
  what: 'an edit runs exactly what it must, and `plan` names the cause',
  sample,
  full: rows + sequences,
  async perform(trial) {
    checkTable()
    if (!trial.full) await performSome(trial)
    else if (trial.index < rows) await performEach(trial, kinds.slice(trial.index * inRow, (trial.index + 1) * inRow))
    else await performSequence(trial)
    return undefined
  },
}
