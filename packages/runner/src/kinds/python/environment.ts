import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { anyPython, type EnvironmentRequest, type PythonEnvironment, pythonIn } from './interpreter.ts'
import type { PythonScript } from './script.ts'
import { syncScript } from './uv.ts'

/**
 * The environment of a script, the first that applies (contracts: languages).
 *
 * @throws StageFailure where it asks for one that can't be made
 */
export async function environmentOf(request: EnvironmentRequest): Promise<PythonEnvironment> {
  const { script, env } = request
  const own = env.MILLRACE_PYTHON || !script.block ? undefined : await syncScript(request, script.block)
  return own ?? ownPython(script, env)
}

/** The environment of a script that asks for none. */
export function ownPython(script: PythonScript, env: NodeJS.ProcessEnv): PythonEnvironment {
  if (env.MILLRACE_PYTHON) return { python: env.MILLRACE_PYTHON, notices: [] }
  const home = nearestVenv(dirname(script.path)) ?? env.VIRTUAL_ENV ?? env.CONDA_PREFIX
  return home ? { python: pythonIn(home), home, notices: [] } : { python: anyPython, notices: [] }
}

function nearestVenv(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const home = join(folder, '.venv')
    if (existsSync(join(home, 'pyvenv.cfg'))) return home
    if (dirname(folder) === folder) return undefined
  }
}
