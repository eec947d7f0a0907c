import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Event } from 'millrace'
import { packedProject } from '../test/support/packed.ts'
import { machine } from './measure.ts'

/** `pnpm bench:workers [rounds]`: prints the table of bench/README.md about all cores. Both ways in turn, in one run. */
const rounds = Number(process.argv[2] ?? 7)
const root = resolve(import.meta.dirname, '..')
const built = await packedProject(mkdtempSync(join(tmpdir(), 'millrace-built-')))
const store = join(built, 'store')
const caches = join(built, 'caches')
process.env.XDG_CACHE_HOME = caches
process.on('exit', () => rmSync(built, { recursive: true, force: true }))
for (const name of ['compute.ts', 'diamond.ts', 'millrace.config.ts'])
  copyFileSync(join(import.meta.dirname, 'programs', name), join(built, name))
for (const name of ['digits.ts', 'src', 'data'])
  cpSync(join(root, 'examples/02-digits', name), join(built, name), { recursive: true })
for (const name of ['@observablehq/plot', 'linkedom'])
  cpSync(join(root, 'examples/02-digits/node_modules', name), join(built, 'node_modules', name), {
    recursive: true,
    verbatimSymlinks: false,
  })

interface Ran {
  readonly seconds: number
  readonly events: readonly (Event & { readonly node?: string })[]
}

function ran(words: readonly string[]): Ran {
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [...words, '--json', '--store', store], {
    cwd: built,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  const seconds = (performance.now() - began) / 1000
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}\n${stderr}`)
  return {
    seconds,
    events: stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event),
  }
}

/** Seconds from the first start to the last end of a stage's calls. */
function span({ events }: Ran, stage: string): number {
  const times = events.flatMap((event) =>
    event.node === stage && /started|succeeded/.test(event.event) ? [Date.parse(event.time)] : [],
  )
  return (Math.max(...times) - Math.min(...times)) / 1000
}

interface Row {
  readonly what: string
  readonly target: string
  readonly ways: readonly [readonly string[], (readonly string[])?]
  before(): void
  figure(ran: Ran): number
}

/** Leaves what Node has compiled of packages: only the first program that a user ever runs finds none of it. */
function wipe(): void {
  for (const folder of [store, join(caches, 'millrace/code')]) rmSync(folder, { recursive: true, force: true })
}
const both = (...words: string[]) => [words, [...words, '--in-process']] as const
const rows: Row[] = [
  {
    what: 'four calls of 1.5 s, whole process',
    target: '0.6 of `--in-process`',
    ways: both('compute.ts'),
    before: wipe,
    figure: ({ seconds }) => seconds,
  },
  {
    what: 'training of digits, eight settings',
    target: '0.65 of `--in-process`',
    ways: both('digits.ts'),
    before: wipe,
    figure: (ran) => span(ran, 'train'),
  },
  {
    what: '4-stage diamond, cold, built',
    target: '0.08 s more than `--in-process`',
    ways: both('diamond.ts'),
    before: wipe,
    figure: ({ seconds }) => seconds,
  },
  {
    what: 'first call of a worker that nobody started ahead',
    target: '0.25 s',
    ways: [['compute.ts', '--pipeline', 'first']],
    before() {
      wipe()
      ran(['compute.ts', '--pipeline', 'first', '--in-process'])
      rmSync(join(store, 'results'), { recursive: true, force: true })
      rmSync(join(store, 'runs'), { recursive: true, force: true })
      // as after a run of other stages
      writeFileSync(join(store, 'measured.json'), '{}')
    },
    figure: (ran) => span(ran, 'none'),
  },
]

const show = (seconds: readonly number[]): string => {
  const sorted = [...seconds].sort((a, b) => a - b)
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)] as [number, number, number]
  return `${median.toFixed(2)} s (${least.toFixed(2)}–${most.toFixed(2)})`
}
const median = (seconds: readonly number[]): number => [...seconds].sort((a, b) => a - b)[seconds.length >> 1] as number

console.log(`${machine()}; ${rounds} rounds, median (least–most)\n`)
console.log('| what | target | by default | `--in-process` | ratio |')
console.log('|---|---|---|---|---|')
for (const { what, target, ways, before, figure } of rows) {
  const found = ways.map((): number[] => [])
  for (let round = 0; round <= rounds; round++)
    for (const [i, words] of ways.entries()) {
      before()
      const seconds = figure(ran(words as readonly string[]))
      if (round > 0) found[i]?.push(seconds)
    }
  const [ours, theirs] = found as [number[], number[]?]
  const peer = theirs ? `${show(theirs)} | ${(median(ours) / median(theirs)).toFixed(2)}` : ' |'
  console.log(`| ${what} | ≤ ${target} | ${show(ours)} | ${peer} |`)
}
