import { pathToFileURL } from 'node:url'
import { checkConfig } from '@millrace/compiler'
import {
  type Diagnostic,
  describeError,
  hint,
  isObject,
  nowhere,
  placeOfError,
  type SourceLocation,
} from '@millrace/ir'
import type { Config, Environment } from '../config.ts'
import { shortPath } from '../short-path.ts'
import type { ChosenEnvironment } from './compile-program.ts'
import { findConfig } from './config-file.ts'

/**
 * A local run knows the environment `laptop`, and what millrace.config.ts names.
 *
 * @returns whether the name is that of a cluster
 */
export async function checkEnvironment(
  entry: string,
  name: string | undefined,
  problems: Diagnostic[],
): Promise<boolean> {
  if (name === undefined || name === 'laptop') return false
  const { file, strange } = findConfig(entry)
  const config = file === undefined ? undefined : await readConfig(file, problems)
  if (file !== undefined && config === undefined) return false
  const environments = new Map(Object.entries(config?.environments ?? {}))
  const named = environments.get(name)
  if (!named) problems.push(unknown(name, ['laptop', ...environments.keys()], strange))
  return named !== undefined && named.preset !== 'laptop'
}

/** An environment by the name that it has in the config. */
export interface NamedEnvironment {
  readonly name: string
  readonly environment: Environment
  /** The config that defines it; none for a laptop that no config names. */
  readonly file?: string
}

/**
 * The environments of the config, in its order, or those of some names; each of the latter that there is not is a
 * problem.
 */
export async function readEnvironments(
  entry: string,
  names: readonly string[] | undefined,
  problems: Diagnostic[],
): Promise<readonly NamedEnvironment[]> {
  const { file, strange } = findConfig(entry)
  const config = file === undefined ? { environments: {} } : await readConfig(file, problems)
  if (config === undefined) return []
  const all: NamedEnvironment[] = Object.entries(config.environments).map(([name, environment]) => ({
    name,
    environment,
    ...(file === undefined ? {} : { file }),
  }))
  if (names === undefined) {
    if (all.length === 0) problems.push(none('there is no environment', strange))
    return all
  }
  if (all.every(({ name }) => name !== 'laptop')) all.push({ name: 'laptop', environment: { preset: 'laptop' } })
  return names.flatMap((name) => {
    const found = all.find((one) => one.name === name)
    if (!found)
      problems.push(
        unknown(
          name,
          all.map((one) => one.name),
          strange,
        ),
      )
    return found ?? []
  })
}

/** What was not looked into. */
const notRead = ([first]: readonly string[]): string =>
  first === undefined ? '' : `; "${shortPath(first)}" is not read, as another user owns it`

const none = (message: string, strange: readonly string[]): Diagnostic => ({
  code: 'unknown-environment',
  severity: 'error',
  message: `${message}${notRead(strange)}`,
  at: nowhere,
  fix: `Define one in millrace.config.ts, for example onprem: onPrem({ namespace: 'ml', store: volume({ size: '100Gi' }) }).`,
})

/** The environment that a command for a cluster is for; `undefined` with a problem where there is none. */
export async function chooseEnvironment(
  entry: string,
  name: string | undefined,
  problems: Diagnostic[],
): Promise<ChosenEnvironment | undefined> {
  const { file, strange } = findConfig(entry)
  const config = file === undefined ? { environments: {} } : await readConfig(file, problems)
  if (config === undefined) return undefined
  const environments = new Map<string, Environment>(Object.entries(config.environments))
  const clusters = [...environments].flatMap(([name, environment]) =>
    environment.preset === 'laptop' || file === undefined ? [] : [{ name, environment, file }],
  )
  const chosen = name === undefined ? clusters : clusters.filter((cluster) => cluster.name === name)
  if (chosen.length === 1) return chosen[0]
  const names = clusters.map((cluster) => cluster.name)
  const isLaptop = name === 'laptop' || (name !== undefined && environments.has(name))
  if (name !== undefined && !isLaptop) problems.push(unknown(name, names, strange))
  else if (names.length === 0)
    problems.push(
      none(
        isLaptop
          ? `the environment "${name}" is this machine, and the target needs a cluster`
          : 'the target needs the environment of a cluster, and there is none',
        strange,
      ),
    )
  else
    problems.push({
      code: 'unknown-environment',
      severity: 'error',
      message: isLaptop
        ? `the environment "${name}" is this machine, and the target needs a cluster`
        : `the target needs --environment, as there are several: ${names.join(', ')}`,
      at: nowhere,
      fix: `Give --environment one of: ${names.join(', ')}.`,
    })
  return undefined
}

const unknown = (name: string, known: readonly string[], strange: readonly string[]): Diagnostic => ({
  code: 'unknown-environment',
  severity: 'error',
  message: `there is no environment "${name}"${hint(name, known)}${notRead(strange)}`,
  at: nowhere,
  fix:
    known.length === 0
      ? 'Define it in millrace.config.ts.'
      : `Use one of: ${[...new Set(known)].join(', ')}; or define it in millrace.config.ts.`,
})

async function readConfig(file: string, problems: Diagnostic[]): Promise<Config | undefined> {
  const refuse = (why: string, place: SourceLocation): undefined => {
    problems.push({
      code: 'build-failed',
      severity: 'error',
      message: `millrace.config.ts can't be read: ${why}`,
      at: { ...nowhere, file, ...place },
      fix: 'Mend the config; it is a module whose default export is defineConfig({ … }).',
    })
  }
  let config: Partial<Config> | undefined
  try {
    config = ((await import(pathToFileURL(file).href)) as { default?: Partial<Config> }).default
  } catch (error) {
    return refuse(`it threw ${describeError(error)}`, placeOfError(error))
  }
  if (!isObject(config?.environments)) return refuse('its default export has no environments', {})
  const wrong = checkConfig(config, file)
  problems.push(...wrong)
  return wrong.length === 0 ? (config as Config) : undefined
}
