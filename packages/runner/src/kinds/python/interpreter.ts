import { join } from 'node:path'
import type { Finding } from '../../kind.ts'
import type { PythonScript } from './script.ts'

/** Where a script runs. */
export interface PythonEnvironment {
  /** The interpreter: an absolute path, or a name to be found on the PATH. */
  readonly python: string
  /** The folder of a virtual or conda environment. */
  readonly home?: string
  readonly notices: Finding['notices']
}

export interface EnvironmentRequest {
  readonly script: PythonScript
  readonly env: NodeJS.ProcessEnv
  /** Where environments are made that scripts ask for themselves. */
  readonly folder: string
}

export const pythonIn = (home: string): string => join(home, 'bin', 'python')

/** What is taken where nothing says another. */
export const anyPython = 'python3'
