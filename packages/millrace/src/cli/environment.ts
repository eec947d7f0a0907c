import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Diagnostic, hint, nowhere } from '@millrace/ir'
import type { Config } from '../config.ts'

/** A local run knows the environment `laptop`, and what millrace.config.ts names. */
export async function checkEnvironment(entry: string, name: string | undefined, problems: Diagnostic[]): Promise<void> {
  if (name === undefined || name === 'laptop') return
  const known = ['laptop', ...Object.keys((await readConfig(entry))?.environments ?? {})]
  if (known.includes(name)) return
  problems.push({
    code: 'unknown-environment',
    severity: 'error',
    message: `there is no environment "${name}"${hint(name, known)}`,
    at: nowhere,
    fix: `Use one of: ${[...new Set(known)].join(', ')}; or define it in millrace.config.ts.`,
  })
}

async function readConfig(entry: string): Promise<Config | undefined> {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const file = join(folder, 'millrace.config.ts')
    if (existsSync(file)) return ((await import(pathToFileURL(file).href)) as { default: Config }).default
    if (dirname(folder) === folder) return undefined
  }
}
