import {
  bytesOf,
  type Diagnostic,
  type DiagnosticLocation,
  type Duration,
  defaultResources,
  hint,
  isObject,
  millisecondsOf,
  type Resources,
  type StageOptions,
} from '@millrace/ir'
import type { Value } from './infer.ts'

/** What a stage, and one call of it, can say of how it runs. */
export interface Overrides {
  /** Default: cpu 1, memory `512Mi`, no disk, no accelerator. */
  readonly resources?: { readonly [K in keyof Resources]?: Resources[K] | undefined } | undefined
  /** Further attempts after the first. Default 0. Not after invalid input, wrong code, or output its schema refuses. */
  readonly retries?: number | undefined
  /** Per attempt, from its start: an integer and `ms`, `s`, `m`, `h` or `d`. Default none. */
  readonly timeout?: Duration | undefined
  /** Whether a result may be taken from the cache. Default true. */
  readonly cache?: boolean | undefined
  /**
   * `process`: a child process of its own. What it starts ends with it, unless started without the variable
   * MILLRACE_ATTEMPT_ID. Default this process, or a warm worker where the stage computes.
   */
  readonly isolate?: 'process' | undefined
  /** Processes of one distributed stage. Default 1. No target can run more yet (`not-supported`). */
  readonly workers?: number | undefined
}

/** What one call can override with `.with`, and what it waits for. */
export interface CallOverrides extends Overrides {
  /** Calls to wait for without reading them: a skip lets this call go on, a failure makes it `not-run`. */
  readonly after?: readonly Value<unknown>[] | undefined
}

const names = ['resources', 'retries', 'timeout', 'cache', 'isolate', 'workers'] as const
const resourceNames = ['cpu', 'memory', 'disk', 'sharedMemory', 'gpu', 'tpu', 'devices', 'spot']
/** What a call has besides, and a definition of each kind. */
const definitionNames: Readonly<Record<string, readonly string[]>> = {
  call: ['after'],
  typescript: ['input', 'output', 'run', 'env'],
  python: ['input', 'output', 'env', 'script', 'args', 'include', 'image'],
  container: ['input', 'output', 'env', 'image', 'command', 'local'],
}

/** The options as given (`undefined` counts as not given), and what is wrong with them. */
export function readOptions(
  given: object,
  owner: { readonly what: string; readonly at: DiagnosticLocation; readonly of: string },
): { readonly options: Partial<StageOptions>; readonly problems: readonly Diagnostic[] } {
  const problems: Diagnostic[] = []
  const refuse = (name: string, message: string, fix: string) =>
    problems.push({
      code: 'bad-option',
      severity: 'error',
      message: `${owner.what}: ${message}`,
      at: { ...owner.at, path: name },
      fix,
    })
  const known: readonly string[] = [...names, ...(definitionNames[owner.of] ?? ['input', 'output', 'env'])]
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!known.includes(name)) {
      refuse(name, `there is no option "${name}"${hint(name, known)}`, `Use one of: ${known.join(', ')}.`)
      continue
    }
    if (!(names as readonly string[]).includes(name)) continue
    const wrong = name === 'resources' ? checkResources(value) : check(name, value)
    for (const [message, fix, path = name] of wrong) refuse(path, message, fix)
    if (wrong.length === 0) options[name] = value
  }
  return { options: options as Partial<StageOptions>, problems }
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value)

type Wrong = readonly [message: string, fix: string, path?: string]

function check(name: string, value: unknown): readonly Wrong[] {
  const wrong = (fix: string): readonly Wrong[] => [[`${name} is ${show(value)}`, fix]]
  switch (name) {
    case 'retries':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 1000
        ? []
        : wrong('Give a whole number from 0 to 1000.')
    case 'workers':
      return Number.isInteger(value) && (value as number) >= 1 ? [] : wrong('Give a whole number from 1.')
    case 'timeout':
      return typeof value === 'string' && (millisecondsOf(value) ?? 0) > 0
        ? []
        : wrong('Give a whole number and a unit (ms, s, m, h, d), for example "10m".')
    case 'cache':
      return typeof value === 'boolean' ? [] : wrong('Give true or false.')
    default:
      return value === 'process' ? [] : wrong('Give "process", or leave it out.')
  }
}

function checkResources(value: unknown): readonly Wrong[] {
  if (!isObject(value))
    return [[`resources is ${show(value)}`, 'Give an object, for example { cpu: 2, memory: "4Gi" }.']]
  const found: Wrong[] = []
  for (const [name, amount] of Object.entries(value)) {
    if (amount === undefined) continue
    const path = `resources.${name}`
    const fix = resourceNames.includes(name) ? wrongAmount(name, amount) : `Use one of: ${resourceNames.join(', ')}.`
    if (fix === undefined) continue
    found.push([
      resourceNames.includes(name)
        ? `${path} is ${show(amount)}`
        : `there is no resource "${name}"${hint(name, resourceNames)}`,
      fix,
      path,
    ])
  }
  if (value.gpu !== undefined && value.tpu !== undefined)
    found.push([
      'resources asks for a GPU and a TPU',
      'Ask for one accelerator, and use two stages where both are needed.',
    ])
  return found
}

const count = (value: unknown) => Number.isInteger(value) && (value as number) >= 0

function wrongAmount(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'cpu':
      return typeof value === 'number' && value > 0 && Number.isFinite(value) ? undefined : 'Give a number above 0.'
    case 'memory':
    case 'disk':
    case 'sharedMemory':
      return typeof value === 'string' && (bytesOf(value) ?? 0) > 0
        ? undefined
        : 'Give a number and a unit (Ki, Mi, Gi, Ti), for example "512Mi".'
    case 'gpu':
      return count(value) || (isObject(value) && typeof value.type === 'string' && count(value.count))
        ? undefined
        : "Give a count, or { type: 'h100-80gb', count: 8 }."
    case 'tpu':
      return isObject(value) && typeof value.type === 'string' && typeof value.topology === 'string'
        ? undefined
        : "Give { type: 'v5e', topology: '4x4' }."
    case 'devices':
      return isObject(value) && Object.values(value).every(count)
        ? undefined
        : "Give counts, for example { 'rdma/ib': 1 }."
    default:
      return typeof value === 'boolean' ? undefined : 'Give true or false.'
  }
}

export const withDefaults = (options: Partial<StageOptions>): StageOptions => ({
  retries: 0,
  cache: true,
  workers: 1,
  ...options,
  resources: { ...defaultResources, ...dropUndefined(options.resources ?? {}) },
})

/** `{ cpu: undefined }` counts as not given. */
export const dropUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
