import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Started } from '../support/processes.ts'
import { type Campaign, holds, same, type Trial } from './campaign.ts'
import { keyFolders, namesIn, objectsIn, pathsIn, textOf, whole } from './kills-store.ts'
import { sharedPipelines, sharedProgram } from './shared-program.ts'

type Fate = 'runs' | 'fresh' | 'killed' | 'stopped'

/** One process, and what befalls it. */
interface Slot {
  readonly name: string
  readonly pipeline: string
  readonly salt: string
  readonly fate: Fate
  readonly delay: number
  /** Milliseconds until it is killed or stopped. */
  readonly moment: number
  /** Milliseconds that it is stopped. */
  readonly pause: number
}

interface PruneLoop {
  readonly options: readonly string[]
  /** Whether it is killed at a moment, time after time. */
  readonly killed: boolean
  readonly moments: readonly number[]
}

type Output = Record<string, unknown>

/** What each pipeline gives, undisturbed, by itself: worked out once for all cases. */
const expected = new Map<string, Promise<Output>>()

export const shared: Campaign = {
  name: 'shared',
  what: 'processes that share a store are all right, and `store prune` takes nothing from a run',
  sample: 3,
  full: 100,
  // a case has enough processes
  jobs: 1,
  async perform(trial) {
    const { random, full } = trial
    trial.write(sharedProgram)
    const pipelines = sharedPipelines.filter(() => random.below(3) > 0)
    if (pipelines.length < 2) pipelines.splice(0, pipelines.length, 'rows', 'chosen')
    const salts = random.below(3) === 0 ? ['a', 'b'] : ['a']
    const slots = Array.from(
      { length: full ? 16 : 4 },
      (_, i): Slot => ({
        name: `${i}`,
        pipeline: random.pick(pipelines),
        salt: random.pick(salts),
        fate: random.pick(['runs', 'runs', 'runs', 'fresh', 'killed', 'stopped']),
        delay: random.below(300),
        moment: 100 + random.below(full ? 3000 : 900),
        pause: 200 + random.below(1500),
      }),
    )
    // without options it must not take what anybody could still want; with them it may take what no run uses
    const byAge = random.below(2) === 0
    const loops = Array.from(
      { length: 1 + random.below(2) },
      (_, i): PruneLoop => ({
        options:
          byAge && i === 0
            ? random.pick([
                ['--older-than', '1ms'],
                ['--keep', '1'],
              ])
            : [],
        killed: random.below(4) === 0,
        moments: Array.from({ length: 50 }, () => 50 + random.below(600)),
      }),
    )
    const store = join(trial.folder, 'store')
    let over = false
    const pruning = loops.map((loop) => pruneUntil(trial, loop, () => over))
    const kills = (await Promise.all(slots.map((slot) => live(trial, slot, !byAge)))).reduce((a, b) => a + b, 0)
    over = true
    await Promise.all(pruning)
    callsOnce(trial)

    const used = [...new Set(slots.map(({ pipeline, salt }) => `${pipeline} ${salt}`))].sort()
    await Promise.all(
      used.map(async (which) => {
        const [pipeline, salt] = which.split(' ') as [string, string]
        const counts = await succeeds(trial, `last-${pipeline}-${salt}`, pipeline, salt, [], true)
        if (!byAge) same(`all of ${which} is cached at the end`, counts.ran, 0)
      }),
    )
    await pruned(trial, [])
    const again = await pruned(trial, [])
    same('a second prune', again, 'removed 0 runs, 0 results, 0 attempts: 0 B\n')
    whole(store, kills)
    currentOnce(store)
    same(
      'left unfinished',
      pathsIn(store).filter((path) => /(^|\/)\.tmp-/.test(path)),
      [],
    )
    await afterDeath(trial)
    return undefined
  },
}

/** The life of one process, and of the one that goes on where it was killed; gives how often it was killed. */
async function live(trial: Trial, slot: Slot, stays: boolean): Promise<number> {
  const { name, pipeline, salt, fate, delay, moment, pause } = slot
  await sleep(delay)
  if (fate !== 'killed') {
    const disturb = async (started: Started): Promise<void> => {
      if (fate !== 'stopped') return
      await sleep(moment)
      started.child.kill('SIGSTOP')
      await sleep(pause)
      started.child.kill('SIGCONT')
    }
    await succeeds(trial, name, pipeline, salt, fate === 'fresh' ? ['--fresh'] : [], stays, disturb)
    return 0
  }
  const { child, ended } = begin(trial, name, pipeline, salt, [])
  await Promise.race([sleep(moment), ended])
  child.kill('SIGKILL')
  const { signal } = await ended
  await succeeds(trial, `${name}-next`, pipeline, salt, [], stays)
  return signal === null ? 0 : 1
}

const begin = (trial: Trial, slot: string, pipeline: string, salt: string, more: readonly string[]): Started =>
  trial.start(['--pipeline', pipeline, '--param', `salt=${salt}`, '--json', ...more], {
    env: { CALLS: join(trial.folder, 'calls.txt'), SLOT: slot },
    timeout: 900_000,
  })

/** Runs a pipeline to its right end. */
async function succeeds(
  trial: Trial,
  slot: string,
  pipeline: string,
  salt: string,
  more: readonly string[],
  stays: boolean,
  disturb: (started: Started) => Promise<void> = async () => {},
): Promise<{ readonly ran: number }> {
  const started = begin(trial, slot, pipeline, salt, more)
  const disturbed = disturb(started)
  const { code, signal } = await started.ended
  await disturbed
  const what = `process ${slot}, ${pipeline} ${salt} ${more.join(' ')}`
  same(`${what}: its end\n${started.stderr()}\n${errorsIn(started.stdout())}`, [code, signal], [0, null])
  const { status, output, counts } = lastEvent(started.stdout()) as {
    status: string
    output: Output
    counts: { ran: number; failed: number }
  }
  same(`${what}: its status`, [status, counts.failed], ['succeeded', 0])
  same(`${what}: its output`, bare(output), await expectedOf(trial, pipeline, salt))
  if (stays) for (const path of pathsOf(output)) holds(`${what}: ${path} is there after it`, existsSync(path))
  return counts
}

const linesOf = (stdout: string): Output[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Output)

const lastEvent = (stdout: string): Output => linesOf(stdout).at(-1) ?? {}

const errorsIn = (stdout: string): string =>
  stdout
    .split('\n')
    .filter((line) => line.includes('"stage.failed"') || line.includes('"run.finished"'))
    .join('\n')

/** An output without the places of its files. */
const bare = (output: Output): Output =>
  JSON.parse(JSON.stringify(output, (key, value: unknown) => (key === 'path' ? undefined : value))) as Output

function pathsOf(output: Output): string[] {
  const found: string[] = []
  JSON.stringify(output, (key, value: unknown) => {
    if (key === 'path') found.push(String(value))
    return value
  })
  return found
}

function expectedOf(trial: Trial, pipeline: string, salt: string): Promise<Output> {
  const which = `${pipeline} ${salt}`
  let found = expected.get(which)
  if (!found) {
    found = alone(trial, pipeline, salt)
    expected.set(which, found)
  }
  return found
}

async function alone(trial: Trial, pipeline: string, salt: string): Promise<Output> {
  const at = join(trial.folder, `alone-${pipeline}-${salt}`)
  mkdirSync(at)
  const args = [
    '--pipeline',
    pipeline,
    '--param',
    `salt=${salt}`,
    '--json',
    '--jobs',
    '1',
    '--store',
    join(at, 'store'),
  ]
  const { code, stderr, events } = await trial.run(args, { env: { CALLS: join(at, 'calls.txt'), SLOT: 'alone' } })
  same(stderr, code, 0)
  return bare(events().at(-1)?.output as Output)
}

/** Prunes over and over. */
async function pruneUntil(trial: Trial, { options, killed, moments }: PruneLoop, over: () => boolean): Promise<void> {
  for (const moment of moments) {
    if (over()) return
    if (killed) await prunedInPart(trial, options, moment)
    else await pruned(trial, options)
    await sleep(20)
  }
}

async function pruned(trial: Trial, options: readonly string[]): Promise<string> {
  const { code, stderr } = await trial.run(['store', 'prune', ...options], { timeout: 900_000 })
  same(`store prune ${options.join(' ')}\n${stderr}`, code, 0)
  holds(`store prune says: ${stderr}`, /^(removed .*|no store in store)\n$/.test(stderr))
  return stderr
}

async function prunedInPart(trial: Trial, options: readonly string[], moment: number): Promise<void> {
  const { child, ended, stderr } = trial.start(['store', 'prune', ...options], { timeout: 900_000 })
  await Promise.race([sleep(moment), ended])
  child.kill('SIGKILL')
  const { code, signal } = await ended
  holds(`store prune ends with ${code}: ${stderr()}`, signal === 'SIGKILL' || code === 0)
}

/** No process did one call twice. */
function callsOnce({ folder }: Trial): void {
  const calls = readFileSync(join(folder, 'calls.txt'), 'utf8').split('\n').filter(Boolean)
  const twice = calls.filter((call, i) => calls.indexOf(call) !== i)
  same('calls that one process made twice', twice, [])
}

/** Each key has one result, and it is current. */
function currentOnce(store: string): void {
  for (const folder of keyFolders(store)) {
    const names = namesIn(folder)
    const current = names.includes('current') ? readFileSync(join(folder, 'current'), 'utf8').trim() : ''
    same(`what ${folder} holds`, [...names].sort(), [current, 'current'].sort())
  }
}

/**
 * Whoever comes after a process that was killed starts its stages without waiting for 5 s. What other work keeps the
 * machine from does not count as waiting.
 */
async function afterDeath(trial: Trial): Promise<void> {
  const first = begin(trial, 'dead', 'many', 'dead', [])
  await first.said('"event":"stage.started"')
  first.child.kill('SIGKILL')
  await first.ended
  const began = performance.now()
  const next = begin(trial, 'heir', 'many', 'dead', [])
  await next.said('"event":"stage.')
  const waited = performance.now() - began - busy(next.child.pid)
  holds(`after a killed owner the next run waits ${Math.round(waited)} ms`, waited < 5000)
  same(`the heir ends\n${next.stderr()}`, (await next.ended).code, 0)
  const runs = namesIn(join(trial.folder, 'store/runs')).filter((name) => /^\d/.test(name))
  const dead = runs.filter((run) =>
    objectsIn(join(trial.folder, 'store/runs', run, 'journal.jsonl')).some(
      (event) => event.event === 'run.started' && JSON.stringify(event.parameters).includes('"dead"'),
    ),
  )
  same('runs of the dead and its heir', dead.length, 1)
}

/** Milliseconds that a process worked, or wanted to and had no processor; 0 where the system doesn't tell. */
function busy(pid: number | undefined): number {
  const [worked, wanted] = (textOf(`/proc/${pid}/schedstat`) || '0 0').split(' ').map(Number) as [number, number]
  return (worked + wanted) / 1e6
}
