import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kindOf, type ReadCode } from '@millrace/compiler'
import type { StageCode } from '@millrace/ir'
import { type PythonScript, pythonKind, type StageKind } from '@millrace/runner'

/**
 * The kinds of stages that this machine runs besides functions.
 *
 * @param read what was read of their code; of others it is read when they run
 * @param environments where environments are made that stages ask for
 */
export function stageKinds(
  environments: string,
  read: ReadonlyMap<StageCode, ReadCode> = new Map(),
): readonly StageKind[] {
  const known = (code: StageCode) => (read.get(code) ?? kindOf(code)?.read?.(code, {}))?.known
  return [
    pythonKind({
      script: (code) => known(code) as PythonScript,
      package: pythonPackage(),
      environments,
      env: process.env,
    }),
  ]
}

/** The folder of our package for Python: beside this bundle, or in the workspace. */
function pythonPackage(): string {
  const [bundled, source] = ['./python/millrace', '../../../python/src/millrace'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  ) as [string, string]
  return existsSync(bundled) ? bundled : source
}
