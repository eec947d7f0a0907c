import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Diagnostic, hint, isObject, nowhere, type Place, placeOfError, tellError } from '@millrace/ir'
import type { Config } from '../config.ts'

/** A local run knows the environment `laptop`, and what millrace.config.ts names. */
export async function checkEnvironment(entry: string, name: string | undefined, problems: Diagnostic[]): Promise<void> {
  if (name === undefined || name === 'laptop') return
  const file = configFile(entry)
  const config = file === undefined ? undefined : await readConfig(file, problems)
  const known = ['laptop', ...Object.keys(config?.environments ?? {})]
  if (known.includes(name) || (file !== undefined && config === undefined)) return
  problems.push({
    code: 'unknown-environment',
    severity: 'error',
    message: `there is no environment "${name}"${hint(name, known)}`,
    at: nowhere,
    fix: `Use one of: ${[...new Set(known)].join(', ')}; or define it in millrace.config.ts.`,
  })
}

/** The nearest millrace.config.ts, beside the program or above it. */
function configFile(entry: string): string | undefined {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const file = join(folder, 'millrace.config.ts')
    if (existsSync(file)) return file
    if (dirname(folder) === folder) return undefined
  }
}

async function readConfig(file: string, problems: Diagnostic[]): Promise<Config | undefined> {
  const refuse = (why: string, place: Place): undefined => {
    problems.push({
      code: 'build-failed',
      severity: 'error',
      message: `millrace.config.ts can't be read: ${why}`,
      at: { ...nowhere, file, ...place },
      fix: 'Mend the config; it is a module whose default export is defineConfig({ … }).',
    })
  }
  try {
    const { default: config } = (await import(pathToFileURL(file).href)) as { default?: Partial<Config> }
    return isObject(config?.environments) ? (config as Config) : refuse('its default export has no environments', {})
  } catch (error) {
    return refuse(`it threw ${tellError(error)}`, placeOfError(error))
  }
}
