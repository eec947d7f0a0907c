import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PythonFiles } from '../packages/compiler/src/code/python/python-files.ts'
import { scriptCode } from '../packages/compiler/src/code/python/script-code.ts'
import { packedProject } from '../test/support/packed.ts'
import { machine } from './measure.ts'

/** `pnpm bench:python [rounds]`: prints the table of bench/README.md about Python stages, both ways in turn. */
const rounds = Number(process.argv[2] ?? 7)
const built = await packedProject(mkdtempSync(join(tmpdir(), 'millrace-built-')))
process.on('exit', () => rmSync(built, { recursive: true, force: true }))
process.env.XDG_CACHE_HOME = join(built, 'caches')
for (const name of ['python.ts', 'python-stage.py', 'python-alone.py'])
  copyFileSync(join(import.meta.dirname, 'programs', name), join(built, name))
// what a shim on the PATH costs is not ours
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()

interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

function ran(program: string, words: readonly string[]): Ran {
  const env = { ...process.env, MILLRACE_PYTHON: python, BEAT: '1' }
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: built,
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 30,
  })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}\n${stderr}`)
  return { stdout, stderr, milliseconds: performance.now() - began }
}
const run = (pipeline: string, count: number, ...more: readonly string[]): Ran =>
  ran(process.execPath, [
    'python.ts',
    '--pipeline',
    pipeline,
    '--param',
    `count=${count}`,
    '--progress',
    'quiet',
    ...more,
  ])

/** Milliseconds that each call of a Python stage took, its process, its output and its commit. */
const calls = ({ stdout }: Ran): number[] =>
  stdout.split('\n').flatMap((line) => {
    const event = (line === '' ? {} : JSON.parse(line)) as { event?: string; node?: string; seconds?: number }
    return event.event === 'stage.succeeded' && event.node === 'script' ? [(event.seconds ?? 0) * 1000] : []
  })
const late = ({ stderr }: Ran): number => Number(/^worst ([\d.]+)$/m.exec(stderr)?.[1])

const alone: number[] = []
const called: number[] = []
const cachedPython: number[] = []
const cachedTypeScript: number[] = []
const beats: number[] = []
const read: number[] = []
run('in-python', 1000, '--jobs', '4')
run('in-typescript', 1000)
run('in-python', 16, '--fresh')
for (let round = 0; round < rounds; round++) {
  for (let i = 0; i < 5; i++) alone.push(ran(python, ['python-alone.py']).milliseconds)
  called.push(...calls(run('in-python', 6, '--fresh', '--json', '--jobs', '1')).slice(1))
  cachedPython.push(run('in-python', 1000).milliseconds)
  cachedTypeScript.push(run('in-typescript', 1000).milliseconds)
  beats.push(late(run('in-python', 16, '--fresh')))
  read.push(readHundred())
}

/** Imports and digests of 100 scripts of 5 kB, which share two modules. */
function readHundred(): number {
  const folder = join(built, 'scripts')
  mkdirSync(folder, { recursive: true })
  const body = Array.from(
    { length: 110 },
    (_, i) => `def f${i}(a, b=None):\n    return [x + ${i} for x in a if x]\n`,
  ).join('')
  for (const name of ['shared', 'other']) writeFileSync(join(folder, `${name}.py`), body)
  const scripts = Array.from({ length: 100 }, (_, i) => join(folder, `script${i}.py`))
  for (const [i, path] of scripts.entries())
    writeFileSync(path, `import json\nimport shared\nfrom other import f1\n\nX = ${i}\n${body}`)
  const began = performance.now()
  const files = new PythonFiles()
  for (const path of scripts) scriptCode(path, {}, files)
  return performance.now() - began
}

const at = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] as number
const told = (values: readonly number[]): string =>
  `${at(values, 0.5).toFixed(0)} ms (${at(values, 0).toFixed(0)}–${at(values, 1).toFixed(0)})`
const rows = [
  [
    'a call, its process included',
    '≤ 60 ms more than the script alone',
    told(called),
    told(alone),
    `+${(at(called, 0.5) - at(alone, 0.5)).toFixed(0)} ms`,
  ],
  [
    '1,000 cached calls',
    'as fast as in TypeScript',
    told(cachedPython),
    told(cachedTypeScript),
    (at(cachedPython, 0.5) / at(cachedTypeScript, 0.5)).toFixed(2),
  ],
  ['16 calls at once: how late a timer comes, the worst', '≤ 50 ms', told(beats), '', ''],
  ['imports and digests of 100 scripts of 5 kB', '≤ 300 ms', told(read), '', ''],
]
console.log(`${machine()}; ${rounds} rounds, median (least–most)\n`)
console.log('| what | target | Python stages | beside | difference |\n|---|---|---|---|---|')
for (const row of rows) console.log(`| ${row.join(' | ')} |`)
