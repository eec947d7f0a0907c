import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnostic, type Digest, type Json, parseJson } from '@millrace/ir'
import { onDisk, readText, storeFailed } from '@millrace/store'
import type { KnownLarge } from './large-files.ts'

const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO', 'EAGAIN'])

/** The files of one attempt's folder (contracts: stage). */
export const attemptFiles = (folder: string) => ({
  input: join(folder, 'input.json'),
  output: join(folder, 'output.json'),
  files: join(folder, 'files'),
  metrics: join(folder, 'metrics.jsonl'),
  done: join(folder, 'done.json'),
  /** Why the attempt failed, as our own runners tell it. */
  failure: join(folder, 'failure.json'),
})

/** The last thing that an attempt writes. */
export interface Done {
  readonly inputDigest: Digest
  readonly codeDigest: string
  /** The flat completion index. */
  readonly index: number
  readonly generation: number
  readonly outputDigest: Digest
  readonly files: readonly { readonly path: string; readonly digest: string; readonly size: number }[]
  /** What the store needs to know again, unread, what is above 1 GiB of them; paths likewise. */
  readonly large?: readonly KnownLarge[]
}

export interface ChildFailure {
  readonly cause: Diagnostic
  readonly retry: boolean
}

/** Writes JSON so that no reader ever sees half of it. */
export function writeWhole(path: string, value: unknown): void {
  const temporary = `${path}.tmp-${process.pid}`
  onDisk('write', path, () => {
    writeFileSync(temporary, JSON.stringify(value))
    renameSync(temporary, path)
  })
}

/** The JSON of a file; undefined where there is none. Throws what else the disk says. */
export function readJson(path: string): Json | undefined {
  try {
    return parseJson(readText(path)) as Json
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || absent.has(code)) return undefined
    throw storeFailed('read', path, error)
  }
}
