import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of our package for Python: beside this bundle, or in the workspace. */
export const pythonPackage = (): string => beside('./python/millrace', '../../../python/src/millrace')

/** What type checkers read instead of it where it is not installed. */
export const pythonStub = (): string =>
  readFileSync(beside('./python/stub/millrace.pyi', '../../../python/stub/millrace.pyi'), 'utf8')

function beside(...paths: readonly [string, string]): string {
  const [bundled, source] = paths.map((path) => fileURLToPath(new URL(path, import.meta.url))) as [string, string]
  return existsSync(bundled) ? bundled : source
}
