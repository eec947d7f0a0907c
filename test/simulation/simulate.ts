import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { problemsOf } from '../conformance/events.ts'
import type { SimJob } from './api-server.ts'
import { ClusterError } from './driver.ts'
import { planOf } from './plan-of.ts'
import { onVirtualTime, until } from './processes.ts'
import { others, programs, type SimProgram } from './programs.ts'
import { type Fatal, Troubles } from './troubles.ts'
import { type Life, World } from './world.ts'

/** Most requests about one Job of a run that nothing disturbs. */
const fewRequests = 6

/** Runs one program through the troubles of one seed. Gives all that was wrong, in words. */
export async function simulate(seed: number): Promise<string[]> {
  const program = programs[seed % programs.length] as SimProgram
  const troubles = new Troubles(String(seed))
  return onStore(async (root) => {
    const world = new World(planOf(program), troubles, root, String(seed))
    world.startLater(1, troubles.kills)
    startTwin(troubles, world)
    const ended = await until(() => world.quiet)
    const problems = [
      ...(ended ? [] : [`it does not end: ${stateOf(world)}`]),
      ...check(program, troubles, world, root),
    ]
    return problems.map((problem) => `seed ${seed}, ${program.name}: ${problem}`)
  })
}

function startTwin({ twin, random }: Troubles, world: World): void {
  if (!twin) return
  const other = twin === 'pod' ? {} : { job: 'driver-2', plan: '0123456789' }
  world.startLater(1 + random.below(9000), [], { ...other, onlyBeside: true })
}

/** Gives a world in which nothing but one thing goes wrong. `ended` waits until no driver is left. */
export async function inWorld<T>(
  name: string,
  fatal: Fatal | undefined,
  work: (world: World, ended: () => Promise<boolean>, root: string) => Promise<T>,
): Promise<T> {
  const program = [...programs, ...others].find((program) => program.name === name) as SimProgram
  return onStore((root) => {
    const world = new World(planOf(program), new Troubles('calm', fatal ?? 'none'), root, 'calm')
    return work(world, () => until(() => world.quiet), root)
  })
}

/** In memory where there is such a place: every write is synchronised. */
async function onStore<T>(work: (root: string) => Promise<T>): Promise<T> {
  const memory = '/dev/shm'
  const root = join(existsSync(memory) ? memory : tmpdir(), `millrace-sim-${randomBytes(6).toString('hex')}`)
  mkdirSync(root)
  try {
    return await onVirtualTime(() => work(root))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const stateOf = ({ api, lives }: World): string =>
  JSON.stringify({
    jobs: [...api.jobs.values()].map(({ name, suspend, completions, end, started, completed }) => [
      name,
      { suspend, completions, end, started, completed: [...completed] },
    ]),
    last: lives.at(-1)?.events.slice(-3),
  })

function check(program: SimProgram, troubles: Troubles, world: World, root: string): string[] {
  const problems: string[] = []
  const ended = world.lives.filter(({ outcome }) => outcome !== undefined)
  for (const life of ended) {
    if (!life.again) problems.push(...problemsOf(life.events))
    problems.push(...outcomeProblems(program, troubles, life))
  }
  for (const { crash } of world.lives)
    if (crash !== undefined && !(crash instanceof ClusterError && crash.passes))
      problems.push(`a driver crashed: ${(crash as Error).stack?.split('\n').slice(0, 4).join('|')}`)
  if (troubles.twin !== 'pod') problems.push(...toldTwice(world.lives.filter(({ again }) => !again)))
  problems.push(...committedTwice(root))
  const succeeded = ended.length > 0 && ended.every(({ outcome }) => outcome?.status === 'succeeded')
  for (const job of world.api.jobs.values()) {
    if (job.end === undefined) {
      if (succeeded && troubles.fatal === undefined) problems.push(`the Job ${job.name} has not ended`)
    } else if (troubles.fatal === undefined) problems.push(...leftOver(job))
  }
  if (troubles.calm)
    for (const [name, count] of ended[0]?.cluster.requests ?? [])
      if (count > fewRequests) problems.push(`${count} requests about ${name}`)
  return problems
}

/** What may be said of a run in which somebody took a Job away for good. */
const fatalEnds = [
  / was deleted while it ran$/,
  / was suspended three times by "kubectl-client-side-apply" while it ran$/,
  /^the cluster refused to change the Job /,
  / ended before \((Complete|Failed)\) and has no result in the store/,
  // with what was left to it then
  / was released for other inputs already/,
]

function outcomeProblems({ truth, uncached }: SimProgram, troubles: Troubles, { outcome }: Life): string[] {
  if (!outcome) return []
  const { status, output, errors } = outcome
  const allowed = [
    ...(truth.failure ? [truth.failure] : []),
    ...(troubles.fatal ? fatalEnds : []),
    // a Job that was made narrow while it ran can be Complete before all of it ran
    ...(troubles.suspensions > 0 ? [/ was made smaller by "kubectl-client-side-apply" while it ran/] : []),
    // and a driver that did not see it narrow sees only that it is Complete
    ...(troubles.suspensions > 0 && (troubles.kills.length > 0 || troubles.twin)
      ? [/ ended before \(Complete\)/, / finished without output: the Job "[^"]+" is Complete/]
      : []),
  ]
  // a Job that has run for one plan does not run again for another that asks for new results
  if (troubles.twin === 'plan' && uncached) allowed.push(/ ended before \(Complete\) and has no result in the store/)
  // a failure that a driver before told is met as a Job that ended
  if (truth.failure && troubles.kills.length > 0) allowed.push(/ ended before \(Failed\)/)
  if (status === 'failed') {
    const wrong = errors.filter(({ message }) => !allowed.some((pattern) => pattern.test(message)))
    return wrong.map(({ code, message }) => `failed with ${code}: ${message}`)
  }
  if (truth.output === undefined) return ['succeeded, and must fail']
  if (troubles.fatal !== undefined || (troubles.suspensions > 0 && JSON.stringify(output).includes('null'))) return []
  const right = typeof truth.output === 'function' ? truth.output(output) : isDeepStrictEqual(output, truth.output)
  return right ? [] : [`the output is ${JSON.stringify(output)}`]
}

/** One call succeeds once in a run, however many drivers it has. */
function toldTwice(lives: readonly Life[]): string[] {
  const seen = new Set<string>()
  return lives.flatMap(({ run, events }) =>
    events.flatMap((event) => {
      if (event.event !== 'stage.succeeded') return []
      const call = `${run} ${event.node} ${JSON.stringify(event.index ?? [])}`
      if (seen.has(call)) return [`${call} succeeded twice`]
      seen.add(call)
      return []
    }),
  )
}

function committedTwice(root: string): string[] {
  const results = join(root, 'results')
  const folders = (path: string) => (existsSync(path) ? readdirSync(path) : [])
  return folders(results)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((name) => folders(join(results, name)).map((key) => join(results, name, key)))
    .filter((key) => readdirSync(key).filter((file) => file.endsWith('.json')).length !== 1)
    .map((key) => `${key} holds ${readdirSync(key)}`)
}

/** An apply of the reviewed manifests must change nothing. */
function leftOver(job: SimJob): string[] {
  const { name, end, suspend, completions, parallelism, backoffLimit, annotations, limit, mapped } = job
  const state = annotations['millrace.dev/state'] ?? ''
  const states = end === 'complete' ? ['succeeded', 'cached', 'skipped', 'failed'] : ['failed']
  const now = { suspend, completions, parallelism, backoffLimit, state: states.includes(state) }
  const reviewed = {
    suspend: true,
    completions: 1,
    parallelism: 1,
    backoffLimit: mapped ? undefined : limit,
    state: true,
  }
  return isDeepStrictEqual(now, reviewed)
    ? []
    : [`the Job ${name} ended as ${end} and is left as ${JSON.stringify({ ...now, state })}`]
}
