import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonical, type Json } from '@millrace/ir'

/** Where the results of one kind about a file are kept. */
export const cachePath = (folder: string, kind: string, file: string): string =>
  join(folder, `${kind}-${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`)

/** What was kept under a fingerprint; undefined for none, for another's, and for what can't be read. */
export function readCache<T>(path: string, fingerprint: Json): T | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { fingerprint?: Json; value?: T }
    return canonical(kept.fingerprint ?? null) === canonical(fingerprint) ? kept.value : undefined
  } catch {
    return undefined
  }
}

/** Keeps a value by temporary file and rename. That it can't is no error: the next run computes it again. */
export function writeCache(path: string, fingerprint: Json, value: unknown): void {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, JSON.stringify({ fingerprint, value }))
    renameSync(temporary, path)
  } catch {
    try {
      rmSync(temporary, { force: true })
    } catch {
      // the folder is none
    }
  }
}
