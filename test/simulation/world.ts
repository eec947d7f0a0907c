import { canonical, type Event, type RunOutcome } from '@millrace/ir'
import { openStore, type Store } from '../../packages/store/src/index.ts'
import { Random } from '../faults/random.ts'
import { ApiServer, type SimJob } from './api-server.ts'
import { ClusterRun, resumeRun } from './driver.ts'
import { JobController } from './job-controller.ts'
import type { Planned } from './plan-of.ts'
import { PodLives } from './pod-life.ts'
import { Process, unowned } from './processes.ts'
import { SimCluster } from './sim-cluster.ts'
import type { Kill, Troubles } from './troubles.ts'

/** One life of a driver. */
export interface Life {
  readonly process: Process
  readonly cluster: SimCluster
  readonly run: string
  readonly events: Event[]
  /** It only told what another pod of its Job had brought to an end. */
  readonly again: boolean
  outcome: Pick<RunOutcome, 'run' | 'status' | 'output' | 'errors'> | undefined
  crash: unknown
}

const manager = 'kubectl-client-side-apply'
/** A driver that crashes again and again is not started for ever. */
const mostLives = 12

/** A cluster with the Jobs of one plan, a store, and the drivers that follow each other. */
export class World {
  readonly api = new ApiServer()
  readonly lives: Life[] = []
  readonly #planned: Planned
  readonly #troubles: Troubles
  readonly #root: string
  readonly #forbidden = new Set<string>()
  readonly #fewItems: number
  #coming = 0
  #suspensions: number

  constructor(planned: Planned, troubles: Troubles, root: string, seed: string) {
    this.#planned = planned
    this.#troubles = troubles
    this.#root = root
    this.#suspensions = troubles.suspensions
    this.#fewItems = new Random(`few ${seed}`).below(2) === 0 ? 50 : 1
    const pods = new PodLives(this.api, root, new Random(`pods ${seed}`), planned.stageOf, (pod) =>
      troubles.fateOf(pod, planned.retriesOf(pod.job.name)),
    )
    new JobController(this.api, new Random(`controller ${seed}`), (pod) => pods.run(pod))
    for (const { name, mapped } of Object.values(planned.given.jobs)) this.createJob(name, mapped)
    if (troubles.fatal === 'rights taken') this.#forbidden.add(troubles.random.pick([...this.api.jobs.keys()]))
    if (this.#suspensions > 0 || troubles.fatal !== undefined) this.#meddle()
  }

  createJob(name: string, mapped: boolean): SimJob {
    return this.api.create(name, mapped, this.#planned.retriesOf(name) + 2)
  }

  /** Whether no driver lives or is about to. */
  get quiet(): boolean {
    return this.#coming === 0 && this.lives.every(({ process, outcome }) => process.dead || outcome !== undefined)
  }

  /** Starts a driver after a while; each is killed as the troubles say, and followed by the next. */
  startLater(
    milliseconds: number,
    kills: readonly Kill[],
    { job = 'driver-1', plan = '', onlyBeside = false } = {},
  ): void {
    this.#coming++
    unowned(() =>
      setTimeout(() => {
        this.#coming--
        if (!onlyBeside || this.lives.every(({ outcome }) => outcome === undefined)) this.#start(kills, job, plan)
      }, milliseconds),
    )
  }

  #start([kill, ...later]: readonly Kill[], job: string, plan: string): void {
    const process = new Process()
    const { given } = this.#planned
    const digest = `${this.#planned.digest.slice(0, -plan.length || undefined)}${plan}`
    process.act(() => {
      const store = openStore(this.#root)
      const info = { pipeline: given.plan.pipeline, plan: digest, parameters: given.input }
      const own = resumeRun(store, info, job, canonical(given.graph as never))
      const cluster = new SimCluster(this.api, this.#troubles, process, this.#forbidden)
      const begun = { process, cluster, crash: undefined }
      if ('ended' in own) {
        const last = own.ended.at(-1) as Extract<Event, { event: 'run.finished' }> & { readonly run: string }
        this.lives.push({ ...begun, run: last.run, events: [...own.ended], again: true, outcome: last as never })
        return
      }
      const { folder } = own
      const life: Life = { ...begun, run: folder.id, events: [], again: false, outcome: undefined }
      this.lives.push(life)
      const die = () => {
        process.kill()
        this.startLater(this.#troubles.random.below(12_000), later, { job, plan })
      }
      if (kill?.at === 'time')
        unowned(() => setTimeout(() => !life.outcome && !process.dead && die(), kill.milliseconds))
      const conductor = new ClusterRun({
        given,
        digest,
        store: dyingStore(store, process, kill, die),
        folder,
        cluster,
        owner: { apiVersion: 'batch/v1', kind: 'Job', name: 'sim-driver', uid: job },
        again: 'kubectl delete -k sim/jobs && kubectl apply --server-side -k sim',
        // in half of the worlds as in maps of thousands
        fewItems: this.#fewItems,
        onEvent(event) {
          if (process.dead) throw new Error('a dead driver goes on')
          life.events.push(event)
          if (kill?.at === 'event' && life.events.length === kill.count && event.event !== 'run.finished') {
            die()
            throw new Error('killed')
          }
        },
      })
      conductor.run().then(
        (outcome) => {
          if (!process.dead) life.outcome = outcome
        },
        (error: unknown) => {
          if (process.dead) return
          life.crash = error
          if (this.lives.length > mostLives) process.kill()
          else die()
        },
      )
    })
  }

  /** Another manager, or somebody, works on the Jobs too. */
  #meddle(): void {
    const { fatal, random } = this.#troubles
    const running = () => [...this.api.jobs.values()].filter(({ suspend, end }) => !suspend && end === undefined)
    let victim: SimJob | undefined
    const timer = unowned(() =>
      setInterval(() => {
        if (this.lives.length > 0 && this.quiet) return clearInterval(timer)
        const there = running()
        if (there.length === 0) return
        if (this.#suspensions > 0 && random.below(3) === 0) {
          this.#suspensions--
          this.api.applyReviewed(random.pick(there).name, manager)
        }
        if (fatal === 'Job deleted' && !victim) {
          victim = random.pick(there)
          this.api.delete(victim.name)
          const { name, mapped } = victim
          // whoever applies the folder again is in no hurry
          setTimeout(() => this.createJob(name, mapped), 20_000)
        }
        if (fatal === 'Job suspended again and again') {
          victim ??= random.pick(there)
          if (there.includes(victim)) this.api.applyReviewed(victim.name, manager)
        }
      }, 700),
    )
  }
}

/** A store that a dead process reads and commits to no more. */
function dyingStore(store: Store, process: Process, kill: Kill | undefined, die: () => void): Store {
  const { results } = store
  let commits = 0
  const never = new Promise<never>(() => {})
  return {
    ...store,
    results: {
      find: (sought, options) => (process.dead ? sought.map(() => never) : results.find(sought, options)),
      openPack: (...args) => results.openPack(...args),
      takeBack: (commit) => results.takeBack(commit),
      async commit(commit) {
        if (process.dead) return never
        const committed = await results.commit(commit)
        if (process.dead) return never
        if (kill?.at !== 'commit' || ++commits !== kill.count) return committed
        die()
        return never
      },
    },
  }
}
