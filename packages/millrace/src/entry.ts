import { realpathSync } from 'node:fs'

interface Entry {
  file?: string
  /** What a child process needs besides this process's own Node options to read the same modules. */
  loader?: readonly string[]
  started?: boolean
}

const slot: unique symbol = Symbol.for('millrace.entry') as never
const shared = globalThis as { [slot]?: Entry }
shared[slot] ??= {}
const entry: Entry = shared[slot]

/** Tells that a file, which the `millrace` command imports, is the program. */
export function setEntry(file: string, loader: readonly string[]): void {
  entry.file = real(file)
  entry.loader = loader
}

// a stage may change them
const options = [...process.execArgv]

/** Node options with which a child process reads the program's modules as this process does. */
export const nodeOptions = (): readonly string[] => [...options, ...(entry.loader ?? [])]

/** The command that started the program, for examples. */
export const startedBy = (): 'millrace' | 'node' | 'tsx' =>
  entry.file !== undefined ? 'millrace' : /\btsx\b/.test(options.join(' ')) ? 'tsx' : 'node'

export const startedMain = (): boolean => entry.started === true

/** Whether a module is the program that was started. */
export function isEntry(meta: ImportMeta): boolean {
  if (!meta.filename) return false
  const file = entry.file ?? (process.argv[1] === undefined ? undefined : real(process.argv[1]))
  const is = file === real(meta.filename)
  if (is) entry.started = true
  return is
}

function real(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
