import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inOrder, type JsonObject } from '@millrace/ir'
import { type Campaign, holds, same, type Trial } from './campaign.ts'
import { ending } from './hostile/ending.ts'
import { judgeLog } from './hostile/flood.ts'
import type { End, Form } from './hostile/form.ts'
import { leaving } from './hostile/leaving.ts'
import { patching } from './hostile/patching.ts'
import { type Around, programText, stagesText } from './hostile/program.ts'
import { returning } from './hostile/returning.ts'
import { throwing } from './hostile/throwing.ts'

const forms: readonly Form[] = [...ending, ...throwing, ...patching, ...leaving, ...returning]

/** A form in one of the two places. */
interface Kind {
  readonly forms: readonly Form[]
  readonly apart: boolean
}
const endOf = (form: Form, apart: boolean): End => (apart ? form.apart : form.here)
const tried = (form: Form, apart: boolean): boolean => !('untried' in endOf(form, apart))
const quiet = forms.filter((form) => !form.loud && tried(form, false))

const batch = 20
const batches = Math.ceil(quiet.length / batch)

/** Many that share a process at once, then each form alone in both places. */
const kinds: readonly Kind[] = [
  ...Array.from({ length: batches }, (_, i) => ({
    forms: quiet.filter((_, at) => at % batches === i),
    apart: false,
  })),
  ...forms.flatMap((form) =>
    [false, true].filter((apart) => tried(form, apart)).map((apart) => ({ forms: [form], apart })),
  ),
]
const rounds = 2

export const hostile: Campaign = {
  name: 'hostile',
  what: 'a stage that misbehaves gets the right status and cause, and harms no other',
  sample: 16,
  full: kinds.length * rounds,
  async perform(trial) {
    // the sample: all that can be together, then kinds from all over the table
    const at = trial.full || trial.index < batches ? trial.index : batches + trial.index * 37
    const kind = kinds[at % kinds.length] as Kind
    await perform(trial, kind)
    return undefined
  },
}

type Event = Record<string, unknown> & { readonly event: string; readonly node?: string; readonly index?: number[] }

async function perform(trial: Trial, { forms, apart }: Kind): Promise<void> {
  const { random, folder } = trial
  const around: Around = {
    apart,
    inMap: random.below(3) === 0,
    first: random.below(2) === 0,
    besideApart: random.below(3) === 0,
    waits: Array.from({ length: 5 }, () => random.below(30)),
  }
  const jobs = random.pick(['1', '4'])
  trial.write({ 'stages.ts': stagesText(forms, apart), 'program.ts': programText(forms, around) })
  const how = `${forms.map(({ name }) => name).join(' ')}, ${apart ? 'apart' : 'here'}, --jobs ${jobs}, ${JSON.stringify(around)}`
  const timeout = 900_000
  const ran = await trial.run(['--json', '--jobs', jobs, '--progress', 'quiet'], { timeout })
  try {
    judge(ran, forms, around, folder)
    await noOrphans(folder)
  } catch (error) {
    throw new Error(
      `${how}\n${(error as Error).message}\nexit ${ran.code} ${ran.signal}\n${ran.stderr.slice(0, 3000)}`,
      { cause: error },
    )
  }
}

function judge(ran: Awaited<ReturnType<Trial['run']>>, forms: readonly Form[], around: Around, folder: string): void {
  const spoils = new Set(forms.map(({ spoils }) => spoils))
  const raw = ran.stdout.split('\n').filter(Boolean)
  const ours = raw.filter((line) => around.apart || !spoils.has(line)).length
  same('lines of JSON', raw.filter((line) => line.startsWith('{"event":')).length, ours)
  const events = journal(folder)
  const last = events.at(-1) as Event & { status: string; errors: { code: string; message: string }[]; output: unknown }
  same('the last event', last?.event, 'run.finished')
  const told = raw.filter((line) => line.startsWith('{')).map((line) => (JSON.parse(line) as Event).event)
  same(
    'events on stdout',
    told,
    events.map(({ event }) => event),
  )
  const bad = forms.map((form, i) => hostileEnd(events, form, `gate${i}`, around))
  const failed = around.inMap ? [] : bad.filter((end) => end !== undefined)
  same('status', last.status, failed.length > 0 ? 'failed' : 'succeeded')
  same('exit', [ran.code, ran.signal], [failed.length > 0 ? 1 : 0, null])
  same('errors', last.errors.map(({ message }) => message).sort(), failed.sort())
  for (const form of forms) if (form.log) judgeLog(form, newestRun(folder), folder)
  neighbours(events)
  if (failed.length === 0)
    // a record's keys come in the order in which a stage sees them
    same('output', inOrder({ ...(last.output as JsonObject), text: null }), inOrder({ ...output(), text: null }))
  for (const node of new Set(events.map(({ node }) => node)))
    if (node !== undefined) oneEnd(events.filter((event) => event.node === node))
}

const ends = ['stage.succeeded', 'stage.failed', 'stage.not-run', 'stage.cancelled', 'stage.cached', 'stage.skipped']

/** What became of a hostile call; its message if it failed. */
function hostileEnd(events: readonly Event[], form: Form, gate: string, { apart, inMap }: Around): string | undefined {
  const own = events.filter(({ node }) => node === form.name)
  const end = own.find(({ event, index }) => ends.includes(event) && (!inMap || index?.[0] === 0))
  const expected = endOf(form, apart)
  const after = events.filter(({ node }) => node === gate).at(-1)
  if (!inMap)
    same(`what comes after ${form.name}`, after?.event, 'output' in expected ? 'stage.succeeded' : 'stage.not-run')
  same(`${form.name} started`, own.filter(({ event }) => event === 'stage.started').length, form.attempts ?? 1)
  // its function is not called, or in a process of its own perhaps too late
  const mute = 'code' in expected && ['invalid-input', 'stage-timeout'].includes(expected.code)
  holds(
    `${form.name} speaks`,
    mute || own.some(({ event, message }) => event === 'log' && message === 'hostile speaks'),
  )
  if ('output' in expected) {
    same(
      form.name,
      [end?.event, end?.event === 'stage.failed' ? end.cause : end?.output],
      ['stage.succeeded', expected.output],
    )
    return undefined
  }
  if (!('code' in expected)) throw new Error('untried')
  const message = expected.message.replaceAll('<it>', form.name)
  const cause = end?.cause as { code: string; message: string } | undefined
  const found = cause?.message.replace(/(?<=open ')[^']*\/files\//, '<files>/')
  same(form.name, end?.event === 'stage.failed' ? [end.event, cause?.code, found] : end, [
    'stage.failed',
    expected.code,
    message,
  ])
  return cause?.message
}

const row = (n: number) => ({ list: [n, 0.5, -3], text: `é\u2028 "${n}`, empty: {}, none: null })
const output = () => ({
  side: { n: 8, row: row(6) },
  waited: { n: 41, row: row(40) },
  last: { n: 9, row: row(6) },
  text: 'row 8',
  rows: [
    { n: 8, row: row(7) },
    { n: 21, row: row(20) },
  ],
})

/** All others succeeded with what they should make, and said what they say. */
function neighbours(events: readonly Event[]): void {
  const made = output()
  const expected: readonly [string, unknown, string?][] = [
    ['early', { n: 7, row: row(6) }, 'early 6'],
    ['beside', made.side, 'beside 7'],
    ['patient', made.waited, 'patient 40'],
    ['later', made.last, 'later 8'],
    ['reads', { text: made.text }],
  ]
  for (const [node, output, line] of expected) {
    const own = events.filter((event) => event.node === node)
    const end = own.at(-1)
    same(node, [end?.event, sorted(end?.output ?? end?.cause)], ['stage.succeeded', sorted(output)])
    if (line)
      same(
        `${node} says`,
        own.filter(({ event }) => event === 'log').map(({ message }) => message),
        [line],
      )
    if (line) same(`${node} metrics`, own.filter(({ event }) => event === 'metric').length, 1)
  }
  for (const i of [0, 1]) {
    const end = events.find(({ event, node, index }) => node === 'item' && index?.[0] === i && ends.includes(event))
    same(`item[${i}]`, [end?.event, sorted(end?.output)], ['stage.succeeded', sorted(made.rows[i])])
  }
}

/** One start and one end an attempt, and nothing after the end. */
function oneEnd(events: readonly Event[]): void {
  const byIndex = Map.groupBy(events, ({ index }) => JSON.stringify(index))
  for (const own of byIndex.values()) {
    const last = own.findIndex(({ event }) => ends.includes(event))
    same(
      'the end of a call is its last event',
      own.slice(last).map(({ event }) => event),
      [own[last]?.event],
    )
  }
}

const sorted = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .sort()
          .map(([key, item]) => [key, sorted(item)]),
      )

function newestRun(folder: string): string {
  const runs = join(folder, 'store/runs')
  const ids = readdirSync(runs).filter((name) => existsSync(join(runs, name, 'journal.jsonl')))
  return join(runs, ids.sort().at(-1) as string)
}

const journal = (folder: string): Event[] =>
  readFileSync(join(newestRun(folder), 'journal.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)

/** No process is left that was started with this case's store in its environment, or in its folder. */
async function noOrphans(folder: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const left = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && environment(name).includes(`${folder}/`))
    if (left.length === 0) return
    if (tries > 4000) throw new Error(`left behind: ${left.map((pid) => `${pid} ${command(pid)}`).join(', ')}`)
    await sleep(50)
  }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
const environment = (pid: string): string => read(`/proc/${pid}/environ`)
const command = (pid: string): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
