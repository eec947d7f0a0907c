import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Where a program's store is: `--store`, `MILLRACE_STORE`, else beside the config, the package.json or the program. */
export function storeFolder(given: string | undefined, program: string | undefined): string {
  const named = given ?? process.env.MILLRACE_STORE
  if (named) return resolve(named)
  const start = program === undefined ? process.cwd() : dirname(program)
  const beside = nearest(start, 'millrace.config.ts') ?? nearest(start, 'package.json') ?? start
  return join(beside, '.millrace')
}

function nearest(start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return folder
    if (dirname(folder) === folder) return undefined
  }
}
