import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RealPython, realPythons } from '../../packages/compiler/test/real-python.ts'
import { node, root } from '../support/processes.ts'

/** What a checker says of a folder. */
interface Said {
  readonly code: number | null
  /** Lines on stdout, with `/` and without the folder. */
  readonly lines: readonly string[]
}

/** mypy, ruff and Pyright of exact versions, once for all test runs. */
export interface Checkers {
  /** Runs a program of the environment, from a folder. */
  run(folder: string, program: 'mypy' | 'ruff', ...words: readonly string[]): Said
  /** mypy's comparison of stubs with a package. */
  stubtest(folder: string, env: Readonly<Record<string, string>>, ...words: readonly string[]): Said
  pyright(folder: string, ...words: readonly string[]): Said
}

const packages = ['mypy==2.4.1', 'ruff==0.17.6']
const pyrightVersion = '1.1.414'
const home = join(root, 'test/.tmp', `checkers-${packages.join('-').replaceAll('=', '')}`)

/** `undefined` where they can't be had. */
export function checkers(): Checkers | undefined {
  const newest = realPythons(true).toSorted((a, b) => minor(b) - minor(a))[0]
  const bin = join(home, 'bin')
  const pyright = join(home, `pyright-${pyrightVersion}`)
  const quiet = { stdio: 'ignore' } as const
  try {
    if (!newest || minor(newest) < 10) throw new Error('no Python from 3.10 on')
    if (!existsSync(join(bin, 'ruff'))) {
      execFileSync(newest.path, ['-m', 'venv', home], quiet)
      execFileSync(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', ...packages], quiet)
    }
    const words = ['install', '--prefix', pyright, '--no-fund', '--no-audit', '--ignore-scripts']
    if (!existsSync(join(pyright, 'node_modules/pyright/index.js')))
      execFileSync('npm', [...words, `pyright@${pyrightVersion}`], quiet)
  } catch (error) {
    console.log(`skipped: mypy, ruff and Pyright can't be had (${String(error).split('\n')[0]})`)
    return undefined
  }
  return {
    run: (folder, program, ...words) => said(folder, join(bin, program), words),
    stubtest: (folder, env, ...words) => said(folder, join(bin, 'stubtest'), words, env),
    pyright: (folder, ...words) =>
      said(folder, node, [
        join(pyright, 'node_modules/pyright/index.js'),
        '--pythonpath',
        newest?.path ?? '',
        ...words,
      ]),
  }
}

const minor = ({ version }: RealPython): number => Number(version.split('.')[1])

function said(
  cwd: string,
  command: string,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Said {
  const { MYPYPATH: _, PYTHONPATH: __, ...rest } = process.env
  const env = { ...rest, NO_COLOR: '1', PYTHONDONTWRITEBYTECODE: '1', ...more }
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, encoding: 'utf8', env })
  const text = `${stdout}${stderr}`.replaceAll(`${cwd}/`, '').trim()
  return { code: status, lines: text.split(/\r?\n/).filter((line) => line.trim() !== '') }
}
