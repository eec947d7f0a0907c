import { createHash } from 'node:crypto'
import { constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonical, type Json, parseChecksummed, withChecksum } from '@millrace/ir'

/** Where the results of one kind about a file are kept. */
export const cachePath = (folder: string, kind: string, file: string): string =>
  join(folder, `${kind}-${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`)

/** A pipe that took the file's place must not block the process. */
const toRead = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** What was kept under a fingerprint; undefined for none, for another's, and for what can't be read. */
export function readCache<T>(path: string, fingerprint: Json): T | undefined {
  const kept = readAnyCache<T>(path)
  return kept && canonical(kept.fingerprint) === canonical(fingerprint) ? kept.value : undefined
}

/** What was kept last, under whatever fingerprint; undefined for none, and for what can't be read. */
export function readAnyCache<T>(path: string): { readonly fingerprint: Json; readonly value: T } | undefined {
  try {
    const kept = parseChecksummed(readFileSync(path, { flag: toRead as never }).toString()) as
      | { fingerprint?: Json; value?: T }
      | undefined
    return kept?.value === undefined ? undefined : { fingerprint: kept.fingerprint ?? null, value: kept.value }
  } catch {
    return undefined
  }
}

/** A folder for what is kept from run to run. */
export interface CacheFolder {
  /** None when missing. */
  readonly cache?: string
  /** Writes a file in it, whole or not at all. Default: in place; what is cut short is known by its checksum. */
  write?(path: string, text: string): void
}

/** Keeps a value. That it can't is no error: the next run computes it again. */
export function writeCache(path: string, fingerprint: Json, value: unknown, { write }: CacheFolder): void {
  const text = withChecksum({ fingerprint, value })
  try {
    if (write) return write(path, text)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch {}
}
