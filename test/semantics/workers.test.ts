import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alive } from '../support/processes.ts'
import { type Program, program } from '../support/program.ts'

const head = `import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, run, stage } from 'millrace'
import { z } from 'zod'
/** Computes, by the processor's own clock. */
const compute = (milliseconds: number) => {
  const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
  for (const end = spent() + milliseconds; spent() < end; );
}
const input = z.object({ n: z.number().default(0), ms: z.number().default(0) })
const output = z.object({ pid: z.int(), text: z.string().optional() })
`
const one = (body: string) =>
  `export const one = stage('one', { input, output, run: ${body} })
export const p = pipeline('p', { input, build: ({ n, ms }) => one({ n, ms }) })
main(import.meta, p)
`

/** Where the only stage of a program ran, and what else it said. */
async function placeOf({ start }: Program, words: readonly string[] = []) {
  const started = start(words)
  const { code } = await started.ended
  expect([code, started.stderr()]).toEqual([0, expect.stringContaining('1 ran')])
  const { pid, text } = JSON.parse(started.stdout()) as { pid: number; text?: string }
  return { here: pid === started.child.pid, text, stderr: started.stderr() }
}

test('a stage runs in a worker first, here while its calls are light, and in a worker for good after one that was not', async () => {
  const it = program(head + one('({ ms }) => { compute(ms); return { pid: process.pid } }'))
  let n = 0
  const ranHere = async (ms: number) => (await placeOf(it, ['--param', `n=${n++}`, '--param', `ms=${ms}`])).here
  expect(await ranHere(0)).toBe(false)
  // the first call of a process compiles its code, too
  let light = false
  for (let i = 0; i < 20 && !light; i++) light = await ranHere(0)
  expect(light).toBe(true)
  expect(await ranHere(0)).toBe(true)
  // nobody knew
  expect(await ranHere(60)).toBe(true)
  expect([await ranHere(0), await ranHere(0)]).toEqual([false, false])

  // what was learnt can be lost
  writeFileSync(join(it.folder, 'store/measured.json'), '{"weights":[["x","light"]]}')
  expect(await ranHere(0)).toBe(false)
})

test('after an edit nobody has measured it', async () => {
  const it = program(head + one('() => ({ pid: process.pid, text: "A" })'))
  const words = ['--fresh']
  let light = false
  for (let i = 0; i < 20 && !light; i++) light = (await placeOf(it, words)).here
  expect(light).toBe(true)
  writeFileSync(join(it.folder, 'program.ts'), head + one('() => ({ pid: process.pid, text: "B" })'))
  expect(await placeOf(it, words)).toMatchObject({ here: false, text: 'B' })
})

test('--in-process runs all here', async () => {
  const it = program(head + one('({ ms }) => { compute(ms); return { pid: process.pid } }'))
  expect(await placeOf(it, ['--in-process', '--param', 'ms=60'])).toMatchObject({ here: true })
  expect(await placeOf(it, ['--in-process', '--fresh'])).toMatchObject({ here: true })
})

test.each([
  ['a stage that no module exports', one('() => ({ pid: process.pid })').replace('export const one', 'const one')],
  [
    'one that loads code by a name that it works out',
    one("async () => ({ pid: process.pid, text: (await import(['./late', 'ts'].join('.'))).late })"),
  ],
  [
    'one whose modules can be loaded here only',
    `if (Symbol.for('millrace.worker') in globalThis) throw new Error('not there')\n${one("() => ({ pid: process.pid, text: 'late' })")}`,
  ],
  [
    'one whose module calls run() itself',
    `${one("() => ({ pid: process.pid, text: 'late' })").replace('main(import.meta, p)', '')}console.log(JSON.stringify(await run(p, {})))\nconsole.error('1 ran')`,
  ],
])('%s runs here', async (_, text) => {
  const it = program({ 'program.ts': head + text, 'late.ts': "export const late = 'late'" })
  const { here, text: found } = await placeOf(it)
  expect([here, found ?? 'late']).toEqual([true, 'late'])
})

const wide = `export const part = stage('part', {
  input: z.object({ i: z.int() }), output,
  run: async ({ i }) => {
    appendFileSync('began', i + ' ')
    // as long as others have a worker to begin in
    for (let k = 0; k < 40 || !existsSync('all'); k++) { compute(5); await sleep(1); if (readAll() >= LEAST) appendFileSync('all', '') }
    return { pid: process.pid }
  },
})
export const p = pipeline('p', { input: z.object({ list: z.array(z.int()) }), build: ({ list }) => ({ pids: map(list, (i) => part({ i }).pid) }) })
main(import.meta, p)
`

test.skipIf(availableParallelism() < 2)('a map uses all cores, a worker each', async () => {
  const cores = availableParallelism()
  const text = `import { readFileSync } from 'node:fs'\nconst LEAST = ${cores}\nconst readAll = () => readFileSync('began', 'utf8').trim().split(' ').length\n`
  const { start } = program(head + text + wide)
  const list = Array.from({ length: 2 * cores }, (_, i) => i)
  const started = start(['--param', `list=${JSON.stringify(list)}`])
  expect((await started.ended).code).toBe(0)
  const { pids } = JSON.parse(started.stdout()) as { pids: number[] }
  expect(new Set(pids).size).toBe(cores)
  expect(pids).not.toContain(started.child.pid)
})

test('a worker runs what was digested, whatever its files hold by then', async () => {
  const { folder, start, run } = program({
    'program.ts': `import { word } from './word.ts'\n${head}${one(`async () => { console.log('at work'); while (!existsSync('go')) await sleep(10); return { pid: process.pid, text: word + (await import('./late.ts')).late } }`)}`,
    'word.ts': "export const word = 'A'",
    'late.ts': "export const late = 'a'",
  })
  const begun = start()
  await begun.said('at work')
  writeFileSync(join(folder, 'word.ts'), "export const word = 'B'")
  writeFileSync(join(folder, 'late.ts'), "export const late = 'b'")
  writeFileSync(join(folder, 'go'), '')
  expect([(await begun.ended).code, JSON.parse(begun.stdout()).text]).toEqual([0, 'Aa'])
  expect(JSON.parse((await run()).stdout).text).toBe('Bb')
  writeFileSync(join(folder, 'word.ts'), "export const word = 'A'")
  writeFileSync(join(folder, 'late.ts'), "export const late = 'a'")
  const last = await run()
  expect([JSON.parse(last.stdout).text, last.stderr]).toEqual(['Aa', expect.stringContaining('0 ran, 1 cached')])
})

/** What a stage can see of the place where it runs, and how it can fail. */
const places = {
  'lib/deep.ts': `import data from './data.json' with { type: 'json' }
/* a comment
   of lines */
export function deep(n: number): number {
  if (n > 2) throw new RangeError(\`too deep: \${n}\`, { cause: new TypeError('inner') })
  return n + ((data as Record<string, number>)['a'] ?? 0)
}
export const where = () => [import.meta.url, import.meta.dirname, import.meta.filename]
`,
  'lib/data.json': '{ "a": 5 }',
  'lib/late.ts': "export const late = 'late'",
  'lib/note.txt': 'a note',
  'lib/old.cjs': `const path = require('path'), fs = require('fs')
exports.name = () => [__dirname, path.basename(__filename), fs.readFileSync(path.join(__dirname, 'note.txt'), 'utf8')]`,
  'program.ts': `import { readFileSync } from 'node:fs'
import { asset, file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { deep, where } from './lib/deep.ts'
import old from './lib/old.cjs'
let calls = 0
enum Kind { A = 'a', B = 'b' }
const n = z.object({ n: z.int() })
export const seen = stage('seen', {
  input: z.object({ note: file().default(asset(new URL('./lib/note.txt', import.meta.url))) }),
  output: z.object({ seen: z.unknown() }),
  env: { MODE: 'fast' },
  run: async ({ note }, context) => ({
    seen: {
      where: where(), own: import.meta.filename, asset: readFileSync(new URL('./lib/note.txt', import.meta.url), 'utf8'),
      note: readFileSync(note.path, 'utf8'), late: (await import('./lib/late.ts')).late, kind: Kind.B, old: old.name(), deep: deep(1),
      cwd: process.cwd(), home: process.env.HOME, mode: process.env.MODE ?? null, argv: process.argv, execArgv: process.execArgv,
      ids: Object.keys(process.env).filter((name) => name.startsWith('MILLRACE') && name !== 'MILLRACE_STORE'), send: typeof process.send,
      name: (() => {}).name + deep.name, calls: ++calls, stack: new Error().stack?.split('\\n')[1], context: { ...context, signal: context.signal.aborted },
    },
  }),
})
export const talks = stage('talks', {
  input: z.object({}), output: n,
  run: (_, context) => {
    console.log('printed'); process.stderr.write('to the other\\n'); context.log('logged', { a: 1 }); context.metric('loss', 0.5, 1)
    return { n: 1 }
  },
})
export const writes = stage('writes', {
  input: z.object({}), output: z.object({ made: file(), all: z.string() }),
  run: async (_, context) => {
    const { writeFileSync } = await import('node:fs')
    const made = context.file('a/b.txt')
    writeFileSync((made as unknown as { path: string }).path, 'made')
    return { made, all: 'x' }
  },
})
export const fails = stage('fails', { input: n, output: n, run: ({ n }) => ({ n: deep(n) }) })
export const lost = stage('lost', { input: n, output: n, run: async () => { setTimeout(() => { throw new Error('lost') }, 1); await new Promise((done) => setTimeout(done, 300)); return { n: 1 } } })
export const exits = stage('exits', { input: n, output: n, run: () => process.exit(3) })
export const kills = stage('kills', { input: n, output: n, run: () => { process.kill(process.pid, 'SIGKILL'); return { n: 1 } } })
export const never = stage('never', { input: n, output: n, run: () => new Promise<never>(() => {}) })
export const odd = stage('odd', { input: n, output: n, run: () => ({ n: 'x' as never }) })
export const outside = stage('outside', { input: n, output: z.object({ f: file() }), run: () => ({ f: '/etc/hostname' as never }) })
export const unwritten = stage('unwritten', { input: n, output: z.object({ f: file() }), run: (_, context) => ({ f: context.file('f') }) })
export const strict = stage('strict', { input: z.object({ n: z.int().max(2).refine((n) => n < 0, 'must be negative') }), output: n, run: ({ n }) => ({ n }) })
export const good = pipeline('good', { input: z.object({}), build: () => ({ seen: seen({}).seen, n: talks({}).n, made: writes({}).made }) })
export const bad = pipeline('bad', {
  input: z.object({ n: z.int().default(3) }),
  build: ({ n }) => ({
    fails: fails({ n }).n, lost: lost({ n }).n, exits: exits({ n }).n, kills: kills({ n }).n, odd: odd({ n }).n,
    outside: outside({ n }).f, unwritten: unwritten({ n }).f, strict: strict({ n: 1 }).n, never: never({ n }).n,
  }),
})
main(import.meta, good, bad)
`,
}

/** Events without what differs from run to run, each stage's own in order. */
function eventsOf(ran: { readonly events: () => Record<string, unknown>[] }): Record<string, unknown[]> {
  const own: Record<string, unknown[]> = {}
  for (const { run: _, time: __, seconds: ___, plan: ____, ...event } of ran.events()) {
    const node = String(event.node ?? '')
    own[node] ??= []
    own[node].push(
      JSON.parse(JSON.stringify(event).replace(/attempts\/([\w.-]+)\/[\w-]+\//g, 'attempts/$1/<attempt>/')),
    )
  }
  const finished = own['']?.at(-1) as { errors: { at: { node: string } }[] }
  finished.errors.sort((a, b) => (a.at.node < b.at.node ? -1 : 1))
  return own
}

test.each(['good', 'bad'])(
  'nothing of what a stage sees, gives or tells depends on where it runs: %s',
  async (name) => {
    const words = ['--json', '--fresh', '--pipeline', name]
    const { run } = program(places)
    const there = eventsOf(await run(words, { env: { MILLRACE_LIGHT: '0' } }))
    const here = eventsOf(await run([...words, '--in-process'], { env: { MILLRACE_LIGHT: '0' } }))
    const argv = (own: Record<string, unknown[]>) => JSON.parse(JSON.stringify(own).replace(',"--in-process"', ''))
    expect(there).toEqual(argv(here))
  },
)

test("what a child of a stage prints by itself is told as the stage's", async () => {
  const text = `import { execSync } from 'node:child_process'\n${head}${one("() => { execSync('echo from a child; echo and more >&2', { stdio: 'inherit' }); return { pid: process.pid } }")}`
  const events = (await program(text).run(['--json'])).events()
  const told = events.flatMap(({ event, node, message }) => (event === 'log' ? [`${node}: ${message}`] : []))
  expect(told.toSorted()).toEqual(['one: and more', 'one: from a child'])
})

test('what is run by code ends when the code does, and leaves no worker', async () => {
  const { start, folder } = program({
    's.ts': `${head}export const one = stage('one', { input, output, run: () => ({ pid: process.pid }) })
export const p = pipeline('p', { input, build: (given) => one(given) })`,
    'program.ts': `import { run } from 'millrace'
import { p } from './s.ts'
const pids = []
for (const n of [1, 2, 3]) pids.push((await run(p, { n }, { fresh: true })).pid)
console.log(JSON.stringify(pids))
`,
  })
  const started = start([], { env: { MILLRACE_LIGHT: '0' } })
  expect((await started.ended).code).toBe(0)
  const pids = JSON.parse(started.stdout()) as number[]
  // one serves all runs
  expect([new Set(pids).size, pids[0] === started.child.pid]).toEqual([1, false])
  expect(alive(pids[0] as number)).toBe(false)
  expect(readFileSync(join(folder, 'program.ts'), 'utf8')).toContain('fresh')
})
