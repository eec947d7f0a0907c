import { constants, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostic, Digest, Json } from '@millrace/ir'
import { onDisk, storeFailed } from '@millrace/store'

const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO', 'EAGAIN'])

/** A pipe that took a file's place must not block the process. */
const toRead = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

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
    return JSON.parse(readFileSync(path, { flag: toRead as never }).toString()) as Json
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || absent.has(code)) return undefined
    throw storeFailed('read', path, error)
  }
}
