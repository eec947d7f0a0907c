import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type EnvironmentRequest, type PythonEnvironment, pythonIn } from './interpreter.ts'
import { syncScript } from './uv.ts'

/**
 * The environment of a script, the first that applies (contracts: languages).
 *
 * @throws StageFailure where it asks for one that can't be made
 */
export async function environmentOf(request: EnvironmentRequest): Promise<PythonEnvironment> {
  const { script, env } = request
  if (env.MILLRACE_PYTHON) return { python: env.MILLRACE_PYTHON, notices: [] }
  const own = script.block && (await syncScript(request, script.block))
  if (own) return own
  const home = nearestVenv(dirname(script.path)) ?? env.VIRTUAL_ENV ?? env.CONDA_PREFIX
  return home ? { python: pythonIn(home), home, notices: [] } : { python: 'python3', notices: [] }
}

function nearestVenv(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const home = join(folder, '.venv')
    if (existsSync(join(home, 'pyvenv.cfg'))) return home
    if (dirname(folder) === folder) return undefined
  }
}
