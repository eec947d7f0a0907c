import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/processes.ts'
import { minor, oldest, type Python, pythons } from './pythons.ts'

// the last that runs on the oldest Python of the package
const pytest = 'pytest==8.4.2'

function run(program: string, words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...more }
  const options = { cwd: join(root, 'packages/python'), encoding: 'utf8', env } as const
  const { status, stdout, stderr } = spawnSync(program, words, options)
  return { status, text: `${stdout}${stderr}` }
}

/** An environment with pytest, made once and kept. */
function withPytest({ path, version }: Python): string {
  const home = join(root, 'test/.tmp', `pytest-${version}`)
  const python = join(home, 'bin/python')
  if (existsSync(join(home, 'bin/pytest'))) return python
  for (const words of [
    [path, '-m', 'venv', home],
    [python, '-m', 'pip', 'install', '--quiet', pytest],
  ]) {
    const { status, text } = run(words[0] as string, words.slice(1))
    if (status !== 0) expect.fail(`${words.join(' ')}\n${text}`)
  }
  return python
}

/** How many tests a report has, how many did not pass, and which were left out. */
function read(report: string) {
  const number = (name: string) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(report)?.[1])
  const left = report.matchAll(/<testcase [^>]*\bname="([^"]*)"[^>]*><skipped/g)
  return {
    tests: number('tests'),
    failed: number('failures') + number('errors'),
    left: Array.from(left, ([, name]) => name).sort(),
  }
}

/** Runs the tests of the Python package; that of its wheel too, where the index gives what builds it. */
function passes(one: Python): void {
  const python = withPytest(one)
  const backend = ['-m', 'pip', 'install', '--quiet', '--dry-run', '--no-deps', '--ignore-installed', 'hatchling']
  const wheel = run(python, backend).status === 0
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pytest-'))
  try {
    const report = join(folder, 'report.xml')
    const words = ['-m', 'pytest', '-q', `--junitxml=${report}`, `--basetemp=${join(folder, 'tests')}`]
    const { status, text } = run(python, words, wheel ? { MILLRACE_WHEEL: '1' } : {})
    if (!existsSync(report)) expect.fail(text)
    const { tests, ...others } = read(readFileSync(report, 'utf8'))
    const left = [
      ...(wheel ? [] : ['test_a_wheel']),
      ...(minor(one.version) < 11 ? ['test_a_group'] : []),
      'test_numpy_and_pandas',
    ]
    expect({ status, ...others }, text).toEqual({ status: 0, failed: 0, left: left.sort() })
    expect(tests).toBeGreaterThan(40)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const { atHand, found } = pythons()
const newest = Math.max(...found.keys())
const tried: readonly (readonly [string, Python | undefined])[] = [
  ['python3', atHand],
  [`python3.${oldest}, the oldest`, found.get(oldest)],
  [`python3.${newest}, the newest here`, found.get(newest)],
]

for (const [name, python] of tried)
  if (python) test(`the tests of the Python package pass on ${name}`, () => passes(python))
  else test.skip(`${name} is not on this machine`, () => {})

test('there is a Python to try', () => {
  expect([...found.values()]).not.toEqual([])
})
