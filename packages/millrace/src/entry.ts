import { realpathSync } from 'node:fs'

const slot: unique symbol = Symbol.for('millrace.entry') as never
const shared = globalThis as { [slot]?: string }

/** Tells that a file, which the `millrace` command imports, is the program. */
export const setEntry = (file: string): void => {
  shared[slot] = real(file)
}

/** Whether a module is the program that was started. */
export function isEntry(meta: ImportMeta): boolean {
  if (!meta.filename) return false
  const entry = shared[slot] ?? (process.argv[1] === undefined ? undefined : real(process.argv[1]))
  return entry === real(meta.filename)
}

function real(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
