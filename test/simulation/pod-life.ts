import { appendFileSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  attemptName,
  attemptsName,
  type Diagnostic,
  type DoneMarker,
  digestJson,
  driverFolder,
  type FailedMarker,
  itemName,
  type Json,
  type MarkerKind,
  markerName,
  metricIn,
  podsFolder,
  type WorkItem,
} from '@millrace/ir'
import { stageDefinition } from '@millrace/sdk'
import { ForeignFolder, OddFile } from '../../packages/store/src/index.ts'
import type { Random } from '../faults/random.ts'
import type { ApiServer, SimPod } from './api-server.ts'
import { isOver } from './job-controller.ts'

/** What happens to a pod besides its work. */
export type Fate = 'none' | 'deleted' | 'evicted' | 'not started' | 'out of memory' | 'silent'

/** The stages' own functions, by node id, as a runner would import them. */
export type StageOf = (node: string) => { readonly self: unknown; readonly code: string }

/** Lives of pods: each reads its item, runs its stage and leaves its markers as the runner in a pod does. */
export class PodLives {
  readonly #api: ApiServer
  readonly #root: string
  readonly #random: Random
  readonly #stageOf: StageOf
  readonly #fateOf: (pod: SimPod) => Fate
  /** How often an item was tried, by Job and index. */
  readonly #tried = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(api: ApiServer, root: string, random: Random, stageOf: StageOf, fateOf: (pod: SimPod) => Fate) {
    this.#api = api
    this.#root = root
    this.#random = random
    this.#stageOf = stageOf
    this.#fateOf = fateOf
  }

  run(pod: SimPod): void {
    const fate = this.#fateOf(pod)
    if (this.#random.next() < 0.2) {
      this.#after(300, pod, () => {
        pod.waits = 'Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.'
        this.#api.podChanged(pod)
      })
    }
    this.#after(1500, pod, () => {
      if (fate === 'not started')
        return this.#end(pod, { code: 128, reason: 'StartError', message: 'failed to start task: context canceled' })
      Object.assign(pod, { phase: 'Running', begun: true, waits: undefined })
      this.#api.podChanged(pod)
      if (fate === 'deleted' || fate === 'evicted') this.#after(800, pod, () => this.#stop(pod, fate === 'evicted'))
      if (fate === 'out of memory')
        return this.#after(700, pod, () => this.#end(pod, { code: 137, reason: 'OOMKilled', message: '' }))
      if (fate === 'silent')
        return this.#after(700, pod, () => this.#end(pod, { code: 0, reason: 'Completed', message: '' }))
      this.#after(1200, pod, () => this.#work(pod))
    })
  }

  /** Within so many milliseconds, if the pod still lives then. */
  #after(within: number, pod: SimPod, work: () => void): void {
    setTimeout(() => {
      if (!isOver(pod) && (this.#api.pods.has(pod.uid) || !pod.deleted)) work()
    }, this.#random.below(within))
  }

  /** What deletes a pod tells its process first, which may have time to end by itself. */
  #stop(pod: SimPod, disrupted: boolean): void {
    pod.deleted = true
    pod.disrupted = disrupted
    this.#api.podChanged(pod)
    if (this.#random.next() < 0.5) {
      const message = `the process of "${pod.job.name}" was told to stop by SIGTERM`
      this.#after(400, pod, () => this.#fail(pod, this.#cause(pod, 'process-failed', message), true, 'stopped'))
    }
    setTimeout(() => {
      if (!isOver(pod)) this.#end(pod, { code: 137, reason: 'Error', message: '' })
    }, 600)
  }

  #attempt({ job, index, uid }: SimPod): string {
    return join(this.#root, podsFolder(job.uid), attemptsName, attemptName({ index, pod: uid }))
  }

  #work(pod: SimPod): void {
    const path = join(this.#root, driverFolder(pod.job.uid), itemName(pod.index))
    if (!existsSync(path)) return this.#after(500, pod, () => this.#work(pod))
    const item = JSON.parse(readFileSync(path, 'utf8')) as WorkItem
    const { self, code } = this.#stageOf(item.node)
    if (item.codeDigest !== code) throw new Error(`the item ${path} is not one of its Job`)
    if (digestJson(item.input) !== item.inputDigest) throw new Error(`the item ${path} has another input`)
    const folder = this.#attempt(pod)
    mkdirSync(join(folder, 'files'), { recursive: true })
    const key = `${pod.job.uid} ${pod.index}`
    const attempt = (this.#tried.get(key) ?? 0) + 1
    this.#tried.set(key, attempt)
    const definition = stageDefinition(self)
    const log = (message: string) => appendFileSync(join(folder, 'log.txt'), `${message}\n`)
    const metric = (name: string, value: number) =>
      appendFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify({ name, value })}\n`)
    try {
      const context = { attempt, log, metric, seed: this.#random.below(2 ** 31) }
      const output = definition?.run?.(item.input as never, context as never) as Json
      this.#after(900, pod, () => this.#succeed(pod, item, output))
    } catch (error) {
      const { message } = error as Error
      const cause = this.#cause(pod, 'stage-threw', `"${item.node}" threw Error: ${message}`, item)
      this.#after(900, pod, () => this.#fail(pod, cause, !message.includes('for good'), 'failed'))
    }
  }

  #succeed(pod: SimPod, item: WorkItem, output: Json): void {
    const { inputDigest, codeDigest, generation, key } = item
    const outputDigest = digestJson(output)
    const { index } = pod
    const told = {
      inputDigest,
      codeDigest,
      index,
      generation,
      key,
      outputDigest,
      output,
      files: [],
      cards: [],
      log: '',
    }
    const lines = metricLines(this.#attempt(pod))
    if (!this.#tell(pod, 'done', { ...told, metrics: lines.flatMap((line) => metricIn(line) ?? []) })) return
    this.#after(300, pod, () => this.#end(pod, { code: 0, reason: 'Completed', message: '' }))
  }

  #fail(pod: SimPod, cause: Diagnostic, retry: boolean, kind: 'failed' | 'stopped'): void {
    if (!this.#tell(pod, kind, { cause, retry, log: '' })) return
    const end = { code: retry ? 1 : 65, reason: 'Error', message: cause.message }
    this.#after(300, pod, () => this.#end(pod, end))
  }

  /** A runner has one last word. */
  #tell({ job, index, uid }: SimPod, kind: MarkerKind, marker: DoneMarker | FailedMarker): boolean {
    if (this.#told.has(uid)) return false
    this.#told.add(uid)
    const folder = join(this.#root, podsFolder(job.uid))
    const name = markerName({ index, pod: uid })
    // a stage may have spoken in its runner's place
    if (!['done', 'failed', 'stopped'].some((kind) => isTaken(join(folder, kind), name)))
      write(join(folder, kind, name), marker)
    return true
  }

  #cause(pod: SimPod, code: Diagnostic['code'], message: string, item?: WorkItem): Diagnostic {
    const at = { pipeline: item?.pipeline ?? null, node: item?.node ?? pod.job.name }
    return { code, severity: 'error', message, at, fix: 'Mend the stage.' }
  }

  #end(pod: SimPod, exit: NonNullable<SimPod['exit']>): void {
    pod.phase = exit.code === 0 ? 'Succeeded' : 'Failed'
    pod.exit = exit
    this.#api.podChanged(pod)
  }
}

/** A stage may have put anything there, in which case the driver has to see it. */
function metricLines(folder: string): string[] {
  let own: ForeignFolder | undefined
  try {
    own = ForeignFolder.open(folder)
    return (
      own
        ?.read('metrics.jsonl', 2 ** 20)
        ?.toString()
        .split('\n') ?? []
    )
  } catch (error) {
    if (error instanceof OddFile) return []
    throw error
  } finally {
    own?.close()
  }
}

function isTaken(folder: string, name: string): boolean {
  const there = lstatSync(folder, { throwIfNoEntry: false })
  return there !== undefined && (!there.isDirectory() || existsSync(join(folder, name)) || isLink(join(folder, name)))
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true

function write(path: string, value: object): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.tmp`
  writeFileSync(temporary, JSON.stringify(value))
  renameSync(temporary, path)
}
