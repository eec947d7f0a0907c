import { randomBytes } from 'node:crypto'
import { fstatSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { remove, replaceFile, temporaryPath, withFolder } from '../../files/atomic-write.ts'
import { writeAll } from '../../files/file-errors.ts'
import { closeFile, openRegular } from '../../files/regular-file.ts'
import { indexName, isIndexName, type Packed, packOfName } from './pack-name.ts'
import { eachLine, sectionHeader, sections } from './pack-scan.ts'

/** More packs than this are merged. */
const manyPacks = 64

interface Opened {
  readonly name: string
  readonly fd: number
  readonly size: number
}

interface Part {
  readonly pack: string
  readonly fd: number
  readonly from: number
  readonly to: number
  readonly crc: number
}

/**
 * Merges packs that nobody writes any more into an index pack: for each a header line `{ pack, bytes, crc }`, with the
 * name of its file, then its lines as they are. Needs no lock: a pack is removed only when an index that holds its lines
 * is in place. Two processes that do it at once leave lines twice, which the next merge finds by name and checksum.
 */
export function mergePacks(folder: string, scratch: string, inUse: (pack: Packed & { name: string }) => boolean): void {
  const names = readdirSync(folder)
  if (names.length <= manyPacks) return
  const packs = names.filter((name) => {
    const pack = packOfName(name)
    return pack && !inUse({ ...pack, name })
  })
  if (packs.length <= manyPacks) return
  const opened: Opened[] = []
  try {
    for (const name of [...packs, ...names.filter(isIndexName)]) {
      const fd = openRegular(join(folder, name))
      if (fd !== undefined) opened.push({ name, fd, size: fstatSync(fd).size })
    }
    const sources = worthIt(opened)
    write(folder, scratch, parts(sources))
    for (const source of sources) removeMerged(folder, source)
  } finally {
    for (const { fd } of opened) closeFile(fd)
  }
}

/** Puts an index pack in the place of another that holds only some of its packs. Readers and merges find one of them. */
export function reduceIndex(folder: string, scratch: string, name: string, keep: (pack: string) => boolean): void {
  const fd = openRegular(join(folder, name))
  if (fd === undefined) return
  try {
    const size = fstatSync(fd).size
    const all = parts([{ name, fd, size }]).filter(({ pack }) => keep(pack))
    if (all.length > 0) write(folder, scratch, all)
    removeMerged(folder, { name, fd })
  } finally {
    closeFile(fd)
  }
}

/** Where another merge was faster, the name may be that of a new pack by now. */
function removeMerged(folder: string, { name, fd }: Pick<Opened, 'name' | 'fd'>): void {
  const path = join(folder, name)
  if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) remove(path)
}

/** All packs, and each index no larger than all that is merged before it: so a line is rarely copied. */
function worthIt(opened: readonly Opened[]): Opened[] {
  const sources = opened.filter(({ name }) => !isIndexName(name))
  let total = sources.reduce((sum, { size }) => sum + size, 0)
  for (const index of opened.filter(({ name }) => isIndexName(name)).sort((a, b) => a.size - b.size)) {
    if (index.size > total) break
    sources.push(index)
    total += index.size
  }
  return sources
}

function parts(sources: readonly Opened[]): Part[] {
  const found = new Map<string, Part>()
  for (const { name, fd, size } of sources) {
    const own = isIndexName(name) ? sections(fd, size) : [{ pack: name, from: 0, to: lastNewline(fd, size) }]
    for (const { pack, from, to } of own) {
      const part = { pack, fd, from, to, crc: checksum(fd, from, to) }
      if (to > from) found.set(`${pack} ${to - from} ${part.crc}`, part)
    }
  }
  return [...found.values()]
}

function write(folder: string, scratch: string, all: readonly Part[]): void {
  const target = join(folder, indexName(randomBytes(8).toString('hex')))
  const fill = (out: number): void => {
    for (const part of all) {
      writeAll(out, Buffer.from(sectionHeader(part.pack, part.to - part.from, part.crc)))
      eachChunk(part.fd, part.from, part.to, (bytes) => writeAll(out, bytes))
    }
  }
  const temporary = temporaryPath(scratch)
  // the packs that it was made of are removed after it
  withFolder(temporary, () => replaceFile(target, fill, { temporary, durable: true }))
}

function lastNewline(fd: number, size: number): number {
  let last = 0
  eachLine(fd, 0, size, (_bytes, start, end, offset) => {
    last = offset + (end - start) + 1
  })
  return last
}

function checksum(fd: number, from: number, to: number): number {
  let crc = 0
  eachChunk(fd, from, to, (bytes) => {
    crc = crc32(bytes, crc)
  })
  return crc
}

function eachChunk(fd: number, from: number, to: number, use: (bytes: Buffer) => void): void {
  const bytes = Buffer.allocUnsafe(Math.min(1 << 20, to - from))
  for (let at = from; at < to; ) {
    const count = readSync(fd, bytes, 0, Math.min(bytes.length, to - at), at)
    if (count === 0) throw new Error('a pack became shorter while it was merged')
    use(bytes.subarray(0, count))
    at += count
  }
}
