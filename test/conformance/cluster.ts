import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Diagnostic, type Event, isArtifactValue, isDiagnosticError, isObject, type Json } from '@millrace/ir'
import { compile, type OutputOf } from 'millrace'
import { onPrem, volume } from 'millrace/config'
import { expect } from 'vitest'
import { writeManifests } from '../../packages/millrace/src/program/manifest-folder.ts'
import type { Space } from '../support/cluster.ts'
import { problemsOf } from './events.ts'
import type { AnyPipeline, Ended, Given, Place, RunSettings } from './runtime.ts'

/** Where the store stands in pods. */
const inPods = '/millrace/store'

/** What one pipeline and its input became. */
interface Manifests {
  readonly folder: string
  readonly driver: string
  /** Names of all its Jobs. */
  readonly jobs: readonly string[]
}

/** A store of its own in a namespace: a claim that no other has. Each run is compiled, applied and followed. */
export class ClusterPlace implements Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'))
  readonly world = join(inPods, 'world')
  readonly #space: Space
  readonly #applied = new Set<string>()
  #claim: Promise<string> | undefined

  constructor(space: Space) {
    this.#space = space
  }

  /** The name of its claim, which is made when it is needed first. */
  get claim(): Promise<string> {
    this.#claim ??= this.#space.claim()
    return this.#claim
  }

  async run<P extends AnyPipeline>(
    pipeline: P,
    input: Given<P>,
    settings: RunSettings = {},
  ): Promise<Ended<OutputOf<P>>> {
    if (settings.signal || settings.fresh) throw new Error('a run on a cluster has no such setting')
    let manifests: Manifests
    try {
      manifests = await this.compile(pipeline, input)
    } catch (error) {
      if (!isDiagnosticError(error)) throw error
      return this.#ended([], { run: null, status: 'failed', output: undefined, errors: error.diagnostics })
    }
    const events = await this.apply(manifests)
    for (const event of events) settings.onEvent?.(event)
    expect(problemsOf(events)).toEqual([])
    const { run, status, output, errors } = events.at(-1) as Extract<Event, { event: 'run.finished' }>
    const fetched = status === 'succeeded' ? await this.#fetch(output as Json) : undefined
    return this.#ended(events, { run, status, output: fetched, errors })
  }

  #ended<O>(
    events: readonly Event[],
    of: Pick<Ended<unknown>, 'run' | 'status' | 'output'> & { readonly errors: readonly Diagnostic[] },
  ): Ended<O> {
    return { ...of, output: of.output as O, events }
  }

  /** As the command `compile` does. @throws DiagnosticError with all that is wrong */
  async compile<P extends AnyPipeline>(pipeline: P, input: Given<P>): Promise<Manifests> {
    const claim = await this.claim
    const environment = onPrem({
      namespace: this.#space.name,
      store: volume({ size: '1Gi', accessMode: 'ReadWriteMany', claim }),
      env: { CONFORMANCE_SET: process.env.CONFORMANCE_SET ?? '' },
    })
    // its store is for digests of code alone
    const { files } = await compile(pipeline, { environment, input, store: join(this.folder, 'code') })
    const folder = join(this.folder, 'deploy', pipeline.name)
    writeManifests(folder, files)
    const named = (path: string) => /^ {2}name: "(.+)"$/m.exec(files.get(path) as string)?.[1] as string
    const jobs = [...files.keys()].filter((path) => path.endsWith('.job.yaml')).map(named)
    return { folder, driver: named('run/driver.job.yaml'), jobs }
  }

  /** Runs it: what ran before is deleted first, as one apply is one run. Gives what the driver told. */
  async apply({ folder, driver, jobs }: Manifests): Promise<Event[]> {
    if (this.#applied.has(driver)) await this.#space.ok(['delete', 'job', '--ignore-not-found', ...jobs])
    this.#applied.add(driver)
    await this.#space.ok(['apply', '--server-side', '-k', folder])
    return (await this.#space.told(driver)) as unknown as Event[]
  }

  async put(name: string, text: string): Promise<string> {
    const code = `(fs.mkdirSync('world', { recursive: true }), fs.writeFileSync('world/${name}', ${JSON.stringify(text)}))`
    await this.#space.inStore(code, await this.claim)
    return join(this.world, name)
  }

  /** An output with its files here: what lies in the store is copied. */
  async #fetch(output: Json): Promise<Json> {
    const paths = new Set<string>()
    const here = changePaths(output, (path) => {
      if (!path.startsWith(`${inPods}/`)) return path
      const name = path.slice(inPods.length + 1)
      paths.add(name)
      return join(this.folder, 'store', name)
    })
    if (paths.size === 0) return here
    const list = `function list(path) {
      return fs.statSync(path).isFile()
        ? [[path, fs.readFileSync(path, 'base64')]]
        : [[path], ...fs.readdirSync(path).flatMap((name) => list(path + '/' + name))]
    }`
    const found = await this.#space.inStore(`${JSON.stringify([...paths])}.flatMap(${list})`, await this.claim)
    for (const name of paths) rmSync(join(this.folder, 'store', name), { recursive: true, force: true })
    for (const [name, bytes] of found as readonly [string, string?][]) {
      const path = join(this.folder, 'store', name)
      mkdirSync(bytes === undefined ? path : dirname(path), { recursive: true })
      if (bytes !== undefined) writeFileSync(path, bytes, 'base64')
    }
    return here
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A value with other paths of its artifacts. */
function changePaths(value: Json, change: (path: string) => string): Json {
  if (Array.isArray(value)) return value.map((item: Json) => changePaths(item, change))
  if (!isObject(value)) return value
  if (isArtifactValue(value)) return { ...(value as object), path: change(value.path) } as Json
  // a name like __proto__ stays one
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, changePaths(item as Json, change)]),
  ) as Json
}
