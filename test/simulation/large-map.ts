import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type DoneMarker,
  digestJson,
  driverFolder,
  itemName,
  type Json,
  markerName,
  podsFolder,
  type WorkItem,
} from '@millrace/ir'
import { map, pipeline, stage } from 'millrace'
import { z } from 'zod'
import {
  type Cluster,
  ClusterRun,
  type JobView,
  type Listener,
  type PodView,
  resumeRun,
} from '../../packages/runtime-kubernetes/src/index.ts'
import { openStore } from '../../packages/store/src/index.ts'
import { planOf } from './plan-of.ts'
import type { SimProgram } from './programs.ts'

/**
 * `pnpm bench:map [items …]`: what a driver takes of the processor for one map, on a store in a folder, and by how much
 * its memory grows (this process also holds the compiler and tsx). Its pods end at once, so many at a time; what they
 * themselves take is not counted.
 */
const sizes = process.argv.slice(2).map(Number)
/** Pods at once. */
const atOnce = 250

const double = stage('double', {
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  run: ({ n }) => ({ n: 2 * n }),
})

const programOf = (size: number): SimProgram =>
  ({
    name: `map-${size}`,
    pipeline: pipeline(`map-${size}`, {
      input: z.object({ list: z.array(z.number()) }),
      build: ({ list }) => ({ all: map(list, (n) => double({ n }).n) }),
    }),
    input: { list: Array.from({ length: size }, (_, i) => i) },
  }) as unknown as SimProgram

/** A cluster with one Job, which does what it is told at once. */
class OneJob implements Cluster {
  readonly #root: string
  readonly #name: string
  #view: JobView
  #listener: Listener | undefined
  #next = 0
  #running = 0
  /** Milliseconds of processor time that its pods took. */
  own = 0

  constructor(root: string, name: string) {
    this.#root = root
    this.#name = name
    this.#view = {
      name,
      uid: `${name}-uid`,
      version: '1',
      suspend: true,
      completions: 1,
      parallelism: 1,
      backoffLimit: undefined,
      annotations: {},
      owners: [],
      started: false,
      end: undefined,
      why: undefined,
      suspendedBy: undefined,
    }
  }

  follow(listener: Listener): { stop(): void; readonly ready: Promise<void> } {
    this.#listener = listener
    listener.job(this.#view)
    return { stop: () => {}, ready: Promise.resolve() }
  }

  async job(): Promise<JobView> {
    return this.#view
  }

  async apply(_: string, fields: Parameters<Cluster['apply']>[1]): Promise<JobView> {
    const { uid: __, version, ...given } = fields
    this.#change({ ...given, started: this.#view.started || !fields.suspend, version: String(Number(version) + 1) })
    if (!fields.suspend && this.#next === 0) setImmediate(() => this.#fill())
    return this.#view
  }

  async events() {
    return []
  }

  #change(fields: Partial<JobView>): void {
    this.#view = { ...this.#view, ...fields }
  }

  #fill(): void {
    const { completions = 0 } = this.#view
    while (this.#running < atOnce && this.#next < completions) this.#start(this.#next++)
  }

  #start(index: number): void {
    this.#running++
    const view: PodView = {
      name: `${this.#name}-${index}`,
      uid: `pod-${index}`,
      job: this.#name,
      jobUid: this.#view.uid,
      index,
      failures: 0,
      phase: 'Running',
      begun: true,
      waits: undefined,
      disrupted: false,
      deleted: false,
      exit: undefined,
    }
    this.#listener?.pod(view)
    setTimeout(() => {
      const before = process.cpuUsage()
      this.#mark(index, view.uid)
      const { user, system } = process.cpuUsage(before)
      this.own += (user + system) / 1000
      this.#listener?.pod({ ...view, phase: 'Succeeded', exit: { code: 0, reason: 'Completed', message: '' } })
      this.#running--
      this.#fill()
      if (this.#running > 0) return
      this.#change({ end: 'complete', version: String(Number(this.#view.version) + 1) })
      this.#listener?.job(this.#view)
    }, 5)
  }

  #mark(index: number, pod: string): void {
    const { uid } = this.#view
    const item = JSON.parse(readFileSync(join(this.#root, driverFolder(uid), itemName(index)), 'utf8')) as WorkItem
    const output: Json = { n: 2 * (item.input as { n: number }).n }
    const { inputDigest, codeDigest, generation, key } = item
    const marker: DoneMarker = {
      inputDigest,
      codeDigest,
      index,
      generation,
      key,
      outputDigest: digestJson(output),
      output,
      files: [],
      metrics: [],
      cards: [],
      log: '',
    }
    const folder = join(this.#root, podsFolder(uid), 'done')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, markerName({ index, pod })), JSON.stringify(marker))
  }
}

async function measure(size: number): Promise<void> {
  const { given, digest } = planOf(programOf(size))
  const root = mkdtempSync(join(tmpdir(), 'millrace-map-'))
  try {
    const store = openStore(root)
    const [job] = Object.values(given.jobs)
    const cluster = new OneJob(root, job?.name ?? '')
    const own = resumeRun(store, { pipeline: given.plan.pipeline, plan: digest, parameters: given.input }, 'job', '')
    if (!('folder' in own)) throw new Error('the run has ended')
    const resident = process.memoryUsage.rss()
    let peak = resident
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20)
    const before = process.cpuUsage()
    const began = performance.now()
    const run = new ClusterRun({ given, digest, store, folder: own.folder, cluster, again: '', onEvent: () => {} })
    const { status } = await run.run()
    clearInterval(timer)
    const { user, system } = process.cpuUsage(before)
    const seconds = (user + system) / 1e6 - cluster.own / 1000
    const memory = Math.round((peak - resident) / 2 ** 20)
    const whole = ((performance.now() - began) / 1000).toFixed(1)
    console.log(
      `${size} items: ${status}, driver ${seconds.toFixed(2)} s of processor time, ${whole} s in all, ${memory} MB more than before`,
    )
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

for (const size of sizes.length > 0 ? sizes : [1000, 10_000]) await measure(size)
