import type { BigIntStats } from 'node:fs'
import { sep } from 'node:path'
import type { Digest } from '@millrace/ir'

/** Above this size, in bytes, a file isn't read again as long as nobody wrote to it (contracts: store). */
export const largeFile = 2 ** 30

/** What a file's bytes were, and its mark of that time. */
export interface KnownFile {
  readonly digest: Digest
  readonly mark: string
}

/** Number, size and change time: one of them is another when anybody wrote to the file. Nobody can set the last back. */
export const markOfFile = ({ ino, size, ctimeNs }: BigIntStats): string => `${ino} ${size} ${ctimeNs}`

const known = new Map<string, KnownFile>()

/** Large files whose bytes this process has read, or whose result says what they were, by path. */
export const knownFile = (path: string): KnownFile | undefined => known.get(path)

/** The same of all in a folder, with `/` in their paths relative to it. */
export const knownIn = (folder: string): (KnownFile & { readonly path: string })[] =>
  [...known]
    .filter(([path]) => path.startsWith(folder + sep))
    .map(([path, file]) => ({ path: path.slice(folder.length + 1).replaceAll(sep, '/'), ...file }))

/** What others noted of a file never replaces what is known; what this process has read does. */
export function rememberFile(path: string, file: KnownFile, read = false): void {
  // within the same second a file could be written to, and its time stay
  if (file.mark.endsWith('000000000') || (known.has(path) && !read)) return
  known.set(path, file)
}
