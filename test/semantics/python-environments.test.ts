import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { main, pipeline, python } from 'millrace'
import { z } from 'zod'
export const where = python('where', {
  script: new URL('./src/where.py', import.meta.url), input: z.object({}), cache: false,
  output: z.object({ prefix: z.string(), found: z.string(), home: z.string().nullable(), six: z.string().nullable() }),
})
export const demo = pipeline('demo', { input: z.object({}), build: () => where({}) })
main(import.meta, demo)
`
const script = (block = '') => `${block}import os, shutil, sys
from millrace import stage


@stage
def where(input):
    try:
        import six
        version = six.__version__
    except ImportError:
        version = None
    return {"prefix": sys.prefix, "found": shutil.which("python"), "home": os.environ.get("VIRTUAL_ENV"), "six": version}
`
interface Where {
  readonly prefix: string
  readonly found: string
  readonly home: string | null
  readonly six: string | null
}
const venv = (home: string): void =>
  void execFileSync('python3', ['-m', 'venv', '--without-pip', home], { stdio: 'ignore' })

/** Where it ran, with the folders of environments by the names that they have in the test. */
async function where(one: ReturnType<typeof program>, env: Record<string, string> = {}): Promise<Where> {
  const { code, stdout, stderr } = await one.run([], { env })
  expect([code, stderr.split('\n').filter((line) => line.startsWith('error'))]).toEqual([0, []])
  return JSON.parse(stdout) as Where
}

test('the interpreter is the first of MILLRACE_PYTHON, .venv, VIRTUAL_ENV, CONDA_PREFIX and python3', async () => {
  const one = program({ 'program.ts': text, 'src/where.py': script() })
  const plain = await where(one)
  expect(plain.home).toBe(null)
  for (const name of ['active', 'conda', '.venv', 'named']) venv(join(one.folder, name))
  const active = join(one.folder, 'active')
  const conda = join(one.folder, 'conda')
  const all = { VIRTUAL_ENV: active, CONDA_PREFIX: conda, MILLRACE_PYTHON: join(one.folder, 'named/bin/python') }
  // the run shows folders of the program as <dir>
  expect((await where(one, all)).prefix).toBe('<dir>/named')
  const { MILLRACE_PYTHON: _, ...without } = all
  expect(await where(one, without)).toEqual({
    prefix: '<dir>/.venv',
    found: '<dir>/.venv/bin/python',
    home: '<dir>/.venv',
    six: null,
  })
  execFileSync('rm', ['-r', join(one.folder, '.venv')])
  expect((await where(one, without)).prefix).toBe('<dir>/active')
  expect((await where(one, { CONDA_PREFIX: conda })).prefix).toBe('<dir>/conda')
})

/** uv, from the package index, once for all test runs; undefined where it can't be had. */
function uvFolder(): string | undefined {
  const home = join(import.meta.dirname, '../.tmp/uv')
  const bin = join(home, 'bin')
  if (existsSync(join(bin, 'uv'))) return bin
  try {
    execFileSync('python3', ['-m', 'venv', home], { stdio: 'ignore' })
    execFileSync(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', 'uv==0.13.9'], { stdio: 'ignore' })
    return bin
  } catch {
    return undefined
  }
}
const uv = uvFolder()

describe.skipIf(uv === undefined)('a script with its own dependencies, by uv', () => {
  const block = '# /// script\n# requires-python = ">=3.9"\n# dependencies = ["six==1.17.0"]\n# ///\n'
  // how this machine reaches the index is in its variables
  const own = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(UV|PIP|SSL|REQUESTS)_/.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
  const path = `${uv}${delimiter}${dirname(process.execPath)}${delimiter}${process.env.PATH}`

  test('locked: made once, in the store, and made anew when the lock changes; an old lock is told', async () => {
    const one = program({ 'program.ts': text, 'src/where.py': script(block) })
    const lock = () =>
      execFileSync(join(uv as string, 'uv'), ['lock', '--quiet', '--script', join(one.folder, 'src/where.py')])
    const env = { ...own, PATH: path }
    const environments = () => readdirSync(join(one.folder, 'store/environments'))
    const unlocked = await one.run([], { env })
    expect(unlocked.stderr).toContain('notice[python-unlocked]: "where.py" names dependencies and has no lock')
    lock()
    const first = await where(one, env)
    expect([first.six, first.prefix === first.home]).toEqual(['1.17.0', true])
    expect(first.prefix).toMatch(/^<dir>\/store\/environments\/[0-9a-f]{16}$/)
    // nothing is asked of uv again
    expect(await where(one, env)).toEqual(first)
    expect(environments()).toHaveLength(2)

    const old = program({ 'program.ts': text, 'src/where.py': script(block) })
    execFileSync('cp', [join(one.folder, 'src/where.py.lock'), join(old.folder, 'src/where.py.lock')])
    execFileSync('sed', ['-i', 's/six==1.17.0/six==1.16.0/', join(old.folder, 'src/where.py')])
    const refused = await old.run(['--progress', 'quiet'], { env })
    expect(refused.stderr.split('\n').filter((line) => /^error|^ {2}fix/.test(line))).toEqual([
      expect.stringMatching(
        /^error\[python-environment\]: "where.py" asks for an environment that uv can't make: .*lockfile.*needs to be updated/,
      ),
      '  fix: Run: uv lock --script where.py',
    ])
  })

  test('what can not be resolved is told in the words of uv', async () => {
    const none = block.replace('six==1.17.0', 'six==99')
    const { run } = program({ 'program.ts': text, 'src/where.py': script(none) })
    const { stderr } = await run(['--progress', 'quiet'], { env: { ...own, PATH: path } })
    expect(stderr.split('\n').filter((line) => /^error|^ {2}fix/.test(line))).toEqual([
      expect.stringMatching(
        /^error\[python-environment\]: "where.py" asks for an environment that uv can't make: .*six/,
      ),
      '  fix: Correct the dependencies in the block of the script.',
    ])
  })
})
