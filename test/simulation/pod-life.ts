import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Diagnostic, digestJson, type Json } from '@millrace/ir'
import { stageDefinition } from '@millrace/sdk'
import type { Random } from '../faults/random.ts'
import type { ApiServer, SimPod } from './api-server.ts'
import { isOver } from './job-controller.ts'

/** What happens to a pod besides its work. */
export type Fate = 'none' | 'deleted' | 'evicted' | 'not started' | 'out of memory' | 'silent'

/** The stages' own functions, by node id, as a runner would import them. */
export type StageOf = (node: string) => { readonly self: unknown; readonly code: string }

interface Item {
  readonly version: number
  readonly pipeline: string
  readonly node: string
  readonly generation: number
  readonly inputDigest: string
  readonly codeDigest: string
  readonly input: Json
}

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
      this.#after(400, pod, () => this.#fail(pod, this.#cause(pod, 'process-failed', message), true))
    }
    setTimeout(() => {
      if (!isOver(pod)) this.#end(pod, { code: 137, reason: 'Error', message: '' })
    }, 600)
  }

  #own(pod: SimPod, ...names: string[]): string {
    return join(this.#root, 'nodes', pod.job.name, ...names)
  }

  #work(pod: SimPod): void {
    const path = this.#own(pod, 'items', `${pod.index}.json`)
    if (!existsSync(path)) return this.#after(500, pod, () => this.#work(pod))
    const item = JSON.parse(readFileSync(path, 'utf8')) as Item
    const { self, code } = this.#stageOf(item.node)
    if (item.codeDigest !== code) throw new Error(`the item ${path} is not one of its Job`)
    if (digestJson(item.input) !== item.inputDigest) throw new Error(`the item ${path} has another input`)
    const folder = this.#own(pod, 'attempts', `${pod.index}-${pod.uid}`)
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
      this.#after(900, pod, () => this.#succeed(pod, item, folder, output))
    } catch (error) {
      const { message } = error as Error
      const cause = this.#cause(pod, 'stage-threw', `"${item.node}" threw Error: ${message}`, item)
      this.#after(900, pod, () => this.#fail(pod, cause, !message.includes('for good')))
    }
  }

  #succeed(pod: SimPod, item: Item, folder: string, output: Json): void {
    if (this.#told.has(pod.uid)) return
    this.#told.add(pod.uid)
    const { inputDigest, codeDigest, generation } = item
    write(join(folder, 'output.json'), output)
    const done = {
      inputDigest,
      codeDigest,
      index: pod.index,
      generation,
      outputDigest: digestJson(output),
      files: [],
    }
    write(join(folder, 'done.json'), done)
    write(this.#own(pod, 'done', `${pod.index}-${pod.uid}.json`), done)
    this.#after(300, pod, () => this.#end(pod, { code: 0, reason: 'Completed', message: '' }))
  }

  #fail(pod: SimPod, cause: Diagnostic, retry: boolean): void {
    // a runner has one last word
    if (this.#told.has(pod.uid)) return
    this.#told.add(pod.uid)
    write(this.#own(pod, 'failed', `${pod.index}-${pod.uid}.json`), { cause, retry })
    const end = { code: retry ? 1 : 65, reason: 'Error', message: cause.message }
    this.#after(300, pod, () => this.#end(pod, end))
  }

  #cause(pod: SimPod, code: Diagnostic['code'], message: string, item?: Item): Diagnostic {
    const at = { pipeline: item?.pipeline ?? null, node: item?.node ?? pod.job.name }
    return { code, severity: 'error', message, at, fix: 'Mend the stage.' }
  }

  #end(pod: SimPod, exit: NonNullable<SimPod['exit']>): void {
    pod.phase = exit.code === 0 ? 'Succeeded' : 'Failed'
    pod.exit = exit
    this.#api.podChanged(pod)
  }
}

function write(path: string, value: Json | object): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.tmp`
  writeFileSync(temporary, JSON.stringify(value))
  renameSync(temporary, path)
}
