import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Diagnostic, type Event, formatDiagnostic, type WorkItem } from '@millrace/ir'
import { file, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { planOf } from './plan-of.ts'
import { onVirtualTime, until } from './processes.ts'
import { type Kill, Troubles } from './troubles.ts'
import { World } from './world.ts'

/** What a stage that means harm finds in its pod. */
export interface Den {
  /** What its pod may write: its Job's folder. */
  readonly own: string
  /** Its attempt's folder. */
  readonly attempt: string
  /** `<index>-<pod uid>`. */
  readonly id: string
  /** Its item. */
  readonly item: WorkItem
  /** What is in the driver's pod only. */
  readonly token: string
  /** The whole store. */
  readonly store: string
}

export interface Seen {
  /** How many drivers there were. */
  readonly drivers: number
  readonly status: string | undefined
  /** The errors of the run, with `<pod>` for uids. */
  readonly errors: string
  /** Calls that succeeded. */
  readonly succeeded: readonly string[]
  readonly events: readonly Event[]
  /** All that drivers told and that is in the store's runs. */
  readonly told: string
}

export const secret = 'eyJhbGciOiJSUzI1NiJ9.DRIVER-TOKEN.sig'

let act: (den: Den) => void = () => {}
let root = ''

function denOf(node: string): Den {
  const token = join(root, '..', 'token')
  const released = join(root, 'released')
  const job = readdirSync(released).find((uid) => itemIn(join(released, uid))?.node === node) as string
  const own = join(root, 'jobs', job)
  const id = readdirSync(join(own, 'attempts')).at(-1) as string
  return {
    own,
    attempt: join(own, 'attempts', id),
    id,
    item: itemIn(join(released, job)) as WorkItem,
    token,
    store: root,
  }
}

function itemIn(released: string): WorkItem | undefined {
  const path = join(released, 'items/0.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as WorkItem) : undefined
}

const number = z.object({ n: z.int() })
const calm = stage('calm', { input: number, output: number, run: ({ n }) => ({ n }) })
const evil = stage('evil', {
  input: number,
  output: number,
  run({ n }) {
    act(denOf('evil'))
    return { n }
  },
})
const forger = stage('forger', {
  input: number,
  output: z.object({ rows: file('text/csv') }),
  run() {
    act(denOf('forger'))
    return { rows: { path: 'rows.csv', digest: `sha256:${'0'.repeat(64)}`, size: 1 } as never }
  },
})
export const pipelines = {
  evil: pipeline('hostile', {
    input: number,
    build: ({ n }) => ({ a: evil({ n }).n, b: calm({ n }).n, c: calm({ n: 7 }).n }),
  }),
  forger: pipeline('forging', { input: number, build: ({ n }) => ({ rows: forger({ n }).rows, b: calm({ n }).n }) }),
}

/** Runs a stage that does harm beside ones that don't, on a cluster where nothing else goes wrong. */
export async function besides(
  harm: (den: Den) => void,
  name: keyof typeof pipelines = 'evil',
  kills: readonly Kill[] = [],
): Promise<Seen> {
  const folder = join(
    existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
    `millrace-hostile-${randomBytes(6).toString('hex')}`,
  )
  root = join(folder, 'store')
  act = harm
  mkdirSync(root, { recursive: true })
  try {
    return await onVirtualTime(async () => {
      const program = { name, pipeline: pipelines[name], input: { n: 1 }, truth: {} }
      const world = new World(planOf(program), new Troubles('calm', 'none'), root, 'calm')
      world.startLater(1, kills)
      await until(() => world.quiet)
      const events = world.lives.flatMap((life) => life.events)
      const outcome = world.lives.at(-1)?.outcome
      return {
        drivers: world.lives.length,
        status: outcome?.status,
        errors: shown(outcome?.errors ?? []),
        succeeded: events.flatMap((event) => (event.event === 'stage.succeeded' ? [event.node] : [])).sort(),
        events,
        told: JSON.stringify(events) + textOf(join(root, 'runs')),
      }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const shown = (errors: readonly Diagnostic[]): string =>
  errors
    .map((error) => `${formatDiagnostic(error)}\n`)
    .join('')
    .replaceAll(/pod-\d+/g, '<pod>')

function textOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n')
}
