import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { digestJson, hexOf } from '@millrace/ir'
import { makeFolder, onDisk } from '@millrace/store'
import { StageFailure } from '../../failure.ts'
import { type EnvironmentRequest, type PythonEnvironment, pythonIn } from './interpreter.ts'
import { type Ran, runProgram } from './run-program.ts'
import type { PythonScript } from './script.ts'

/** Written into an environment once all of a lock is in it. */
const whole = '.millrace-whole'

/**
 * The environment of a script that names its own dependencies, made by uv. Its folder is named by what the script asks
 * for, so that an edit takes nothing from a stage that runs. Undefined where uv is missing and nothing is asked for.
 *
 * @throws StageFailure `python-environment`
 */
export async function syncScript(
  request: EnvironmentRequest,
  { text, dependencies }: NonNullable<PythonScript['block']>,
): Promise<PythonEnvironment | undefined> {
  const { script, folder, env } = request
  const lock = script.lock === undefined ? '' : readFileSync(script.lock, 'utf8')
  const home = join(folder, hexOf(digestJson({ text, lock })).slice(0, 16))
  const made: PythonEnvironment = { python: pythonIn(home), home, notices: [] }
  if (existsSync(join(home, whole))) return made
  onDisk('create', folder, () => makeFolder(folder))
  const ran = await sync(request, home, env)
  if (ran.error === 'ENOENT') {
    if (dependencies.length === 0) return undefined
    throw refused(
      request,
      `names dependencies, and there is no uv to install them`,
      'Install uv, or leave the block out and give the script a .venv.',
    )
  }
  if (ran.code !== 0)
    throw refused(request, `asks for an environment that uv can't make: ${lastWords(ran)}`, fixOf(ran, script))
  if (script.lock !== undefined) writeFileSync(join(home, whole), '')
  return ran.offline ? { ...made, notices: [offline(script)] } : made
}

async function sync(
  { script }: EnvironmentRequest,
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<Ran & { readonly offline?: true }> {
  const words = ['sync', '--script', script.path, '--output-format', 'json', '--active', '--quiet']
  if (script.lock !== undefined) words.push('--locked')
  const own = { ...env, VIRTUAL_ENV: home }
  const ran = await runProgram('uv', words, own)
  if (ran.code === 0 || !noNetwork.test(ran.stderr)) return ran
  const again = await runProgram('uv', [...words, '--offline'], own)
  return again.code === 0 ? { ...again, offline: true } : ran
}

const noNetwork =
  /dns error|failed to lookup|error sending request|connection refused|network is unreachable|timed out|Connection reset/i

const lastWords = ({ stderr, error }: Ran): string => {
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\s*[×╰├─▶│]*\s*/u, '').replace(/^error: /, ''))
  return (
    error ??
    (lines
      .filter((line) => line !== '' && !/^warning|^hint/i.test(line))
      .join(' ')
      .slice(0, 600) ||
      'it gives no reason')
  )
}

const fixOf = ({ stderr }: Ran, script: PythonScript): string =>
  /lockfile|needs to be updated/i.test(stderr)
    ? `Run: uv lock --script ${basename(script.path)}`
    : 'Correct the dependencies in the block of the script.'

const refused = ({ script }: EnvironmentRequest, what: string, fix: string): StageFailure =>
  new StageFailure('python-environment', `"${basename(script.path)}" ${what}`, fix, { retry: false })

const offline = ({ path }: PythonScript) => ({
  code: 'python-environment' as const,
  message: `the environment of "${basename(path)}" was made from what uv has at hand, as there is no network`,
  fix: 'Nothing to do where the versions are locked; else run again with a network.',
})
