import { type Digest, digestJson, type Event, type Json, type Plan, type PlanStageSpec } from '@millrace/ir'
import { openStore } from '@millrace/store'
import { expect, test } from 'vitest'
import { newRoot } from '../../store/test/support.ts'
import { type Call, type CallResult, RunCore, type RunHost } from '../src/index.ts'

const digest = (text: string): Digest => digestJson(text)
const number = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
const stage = (name: string) =>
  ({
    name,
    input: number,
    output: number,
    options: { resources: { cpu: 1, memory: '1Gi' }, retries: 0, cache: true },
    code: digest(`code of ${name}`),
    identity: digest(name),
  }) as unknown as PlanStageSpec
const node = (id: string, args: Json) => ({ kind: 'stage', id, scope: '', stage: id, key: digest(id), args }) as never
const from = (ref: string): Json => ({ fields: { n: { ref, path: ['n'] } } })
const plan: Plan = {
  version: 1,
  pipeline: 'chain',
  graph: digest('graph'),
  input: { type: 'object', properties: {} },
  stages: { first: stage('first'), second: stage('second') },
  nodes: [node('first', { value: { n: 1 } }), node('second', from('first'))],
  result: from('second') as never,
}

/** A runtime that adds 1, and keeps what it made by key. */
class Adder implements RunHost {
  readonly stopped = false
  readonly made = new Map<Digest, CallResult>()
  readonly ran: string[] = []
  readonly events: Event[] = []
  readonly core: RunCore
  readonly #calls: Call[] = []

  constructor() {
    const store = openStore(newRoot())
    const folder = store.runs.create({ pipeline: plan.pipeline, plan: 'plan', parameters: {} })
    this.core = new RunCore({ plan, input: {}, store, folder, onEvent: (event) => this.events.push(event) }, this)
  }

  ready(call: Call): void {
    this.#calls.push(call)
  }

  ended(): void {}

  asset(): Json {
    throw new Error('there are no assets')
  }

  run(): void {
    this.core.announce({}, 'plan')
    this.core.start()
    for (let call = this.#calls.shift(); call; call = this.#calls.shift()) {
      if (!this.core.enter(call)) continue
      const hit = this.core.isRefused(call.key) ? undefined : this.made.get(call.key)
      if (hit) this.core.cached(call, hit)
      else this.#make(call)
    }
  }

  #make(call: Call): void {
    this.ran.push(call.node.id)
    const { n } = call.args as { readonly n: number }
    const result: CallResult = { output: { n: n + 1 }, metrics: [], from: 'here' }
    this.made.set(call.key, result)
    this.core.made(call, result)
  }
}

test('a flow begins again under its run with keys refused: only those are made anew, and all is told again', () => {
  const host = new Adder()
  const { core } = host
  host.run()
  expect([host.ran, core.ended, core.outcome(false).output]).toEqual([['first', 'second'], true, { n: 3 }])
  const [key] = host.made.keys()
  core.reset([key as Digest])
  host.run()
  expect(host.ran).toEqual(['first', 'second', 'first'])
  expect(core.isRefused(key as Digest)).toBe(false)
  const { status, counts } = core.finish()
  expect([status, counts]).toEqual(['succeeded', { ran: 1, cached: 1, skipped: 0, failed: 0 }])
  expect(host.events.map(({ event }) => event)).toEqual(['run.started', 'run.started', 'stage.cached', 'run.finished'])
})
