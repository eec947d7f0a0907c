import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { findConfig, foldersAbove, isTrusted } from './config-file.ts'

/** Where a program's store is: `--store`, `MILLRACE_STORE`, else beside the config, the package.json or the program. */
export function storeFolder(given: string | undefined, program: string | undefined): string {
  const named = given ?? process.env.MILLRACE_STORE
  if (named) return resolve(named)
  // without a program as if one stood in the current folder
  const file = program ?? join(process.cwd(), 'program')
  const start = dirname(file)
  const config = findConfig(file).file
  return join(config === undefined ? (packageFolder(start, program ?? start) ?? start) : dirname(config), '.millrace')
}

/** The nearest folder with a package.json that is no stranger's. */
function packageFolder(start: string, program: string): string | undefined {
  return foldersAbove(start).find((folder) => {
    const file = join(folder, 'package.json')
    return existsSync(file) && isTrusted(file, program)
  })
}
