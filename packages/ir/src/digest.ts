// the default import links on any Node, so that an old one lives to be told that it is too old
import crypto from 'node:crypto'
import { canonical, type Json } from './json.ts'

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`

export const digestPattern = /^sha256:[0-9a-f]{64}$/
export const isDigest = (value: unknown): value is Digest => typeof value === 'string' && digestPattern.test(value)

export const digestBytes = (bytes: string | Uint8Array): Digest => `sha256:${crypto.hash('sha256', bytes, 'hex')}`

/** The digest of a value: sha256 over its canonical JSON. */
export const digestJson = (value: Json): Digest => digestBytes(canonical(value))

export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length)

/** The first 32 bits of a digest as a number: the seed of a call is that of its key. */
export const bitsOf = (digest: Digest): number => Number.parseInt(hexOf(digest).slice(0, 8), 16)

/** A file as its folder's digest has it. */
export interface FolderLine {
  readonly path: string
  readonly digest: Digest
  readonly executable: boolean
}

export const folderLine = ({ path, digest, executable }: FolderLine): string =>
  `${path}\0${digest}\0${executable ? 1 : 0}\n`

/**
 * A folder's digest: sha256 over its sorted `path\0digest\0x-bit\n` lines. Paths use `/` and are sorted by UTF-16
 * code units; the x-bit is `1` when the owner may execute the file, else `0`.
 */
export function digestFolderLines(files: readonly FolderLine[]): Digest {
  const all = crypto.createHash('sha256')
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  for (const file of sorted) all.update(folderLine(file))
  return `sha256:${all.digest('hex')}`
}
