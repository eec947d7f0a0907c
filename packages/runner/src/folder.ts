import { join } from 'node:path'
import { attemptFileNames, type Diagnostic, type Digest, type Json, parseJson, stageVariables } from '@millrace/ir'
import { onDisk, readText, replaceFile, storeFailed } from '@millrace/store'
import type { KnownLarge } from './large-files.ts'

const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO', 'EAGAIN'])

/** The files of one attempt's folder (contracts: stage). */
export const attemptFiles = (folder: string) => ({
  input: join(folder, attemptFileNames.input),
  output: join(folder, attemptFileNames.output),
  files: join(folder, attemptFileNames.files),
  values: join(folder, attemptFileNames.values),
  metrics: join(folder, attemptFileNames.metrics),
  done: join(folder, attemptFileNames.done),
  failure: join(folder, attemptFileNames.failure),
})

/** What the contract tells every process of an attempt by its variables, but which attempt it is. */
export const contractVariables = (paths: ReturnType<typeof attemptFiles>, seed: number): Record<string, string> => ({
  [stageVariables.input]: paths.input,
  [stageVariables.output]: paths.output,
  [stageVariables.files]: paths.files,
  [stageVariables.metrics]: paths.metrics,
  [stageVariables.seed]: String(seed),
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
export const writeWhole = (path: string, value: unknown): void =>
  onDisk('write', path, () => replaceFile(path, JSON.stringify(value)))

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
