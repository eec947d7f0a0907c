import { type Digest, digestBytes } from '../digest.ts'

/** A file of a stage's code, by its path with `/`, relative to the folder that the archive is unpacked into. */
export interface ArchiveFile {
  readonly path: string
  readonly bytes: Uint8Array
  readonly executable: boolean
}

interface Entry {
  readonly path: string
  readonly size: number
  readonly executable?: true
}

interface Header {
  readonly format: 1
  readonly files: readonly Entry[]
}

/** One line of JSON that lists the files, then the bytes of each, one behind another, in the order of their paths. */
export function packArchive(files: readonly ArchiveFile[]): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const header: Header = {
    format: 1,
    files: sorted.map(({ path, bytes, executable }) => ({
      path,
      size: bytes.length,
      ...(executable ? { executable } : {}),
    })),
  }
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`)
  const out = new Uint8Array(sorted.reduce((size, { bytes }) => size + bytes.length, line.length))
  out.set(line)
  let at = line.length
  for (const { bytes } of sorted) {
    out.set(bytes, at)
    at += bytes.length
  }
  return out
}

/**
 * The files of an archive. Their bytes are views of the archive's.
 *
 * @throws Error for bytes that are not a whole archive, or a path that leads out of it
 */
export function readArchive(archive: Uint8Array): ArchiveFile[] {
  const end = archive.indexOf(0x0a)
  const { format, files } = JSON.parse(new TextDecoder().decode(archive.subarray(0, Math.max(end, 0)))) as Header
  if (format !== 1) throw new Error(`the code archive has the format ${JSON.stringify(format)}, and 1 is known`)
  let at = end + 1
  const read = files.map(({ path, size, executable }) => {
    if (!isInside(path)) throw new Error(`the code archive names ${JSON.stringify(path)}`)
    const bytes = archive.subarray(at, at + size)
    at += size
    return { path, bytes, executable: executable === true }
  })
  if (at !== archive.length) throw new Error(`the code archive has ${archive.length} bytes, and its header says ${at}`)
  return read
}

/** Over an archive that is not compressed: the same bytes may be compressed in more than one way. */
export const archiveDigest = (archive: Uint8Array): Digest => digestBytes(archive)

const isInside = (path: string): boolean =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/[\\\0]|^[a-z]:/i.test(path)
