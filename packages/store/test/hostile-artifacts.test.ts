import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { digestFile, digestFolder, openStore, outputDigest, verifyArtifact } from '../src/index.ts'
import { attemptFolder, childAfter, folder, memoryFolder, write } from './support.ts'
import { keyOf } from './values.ts'

const key = keyOf('a key')
const linux = existsSync('/proc/self/status')
const written = (path: string): string => `can't take "${path}": it is still being written`

/** A store with a result whose folder `fill` fills; gives the question of a driver, with a driver's heap, for it. */
async function committed(size: number, fill: (folder: string) => void) {
  const root = join(memoryFolder(), '.millrace')
  const path = join(attemptFolder(root, 'train', 'a1'), 'out')
  mkdirSync(path)
  fill(path)
  const output = { model: { path, digest: keyOf('a folder') as string, size } }
  const schema = { type: 'object', properties: { model: { artifact: { kind: 'folder' } } } }
  const digest = outputDigest(schema, output)
  await openStore(root).results.commit({ key, run: 'run-1', output, schema, digest, metrics: [] })
  return () => childAfter(['env', 'NODE_OPTIONS=--max-old-space-size=160'], 'measure', root, key).next()
}

const empty = (folder: string, count: number): void => {
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `file-${i}`), '')
}

test.runIf(linux)('a folder of many files far down is a miss for a driver, not its end', async () => {
  const look = await committed(0, (path) => {
    const deep = join(path, ...Array<string>(14).fill('d'.repeat(250)))
    mkdirSync(deep, { recursive: true })
    empty(deep, 25_000)
  })
  expect(await look()).toBe('miss')
})

test.runIf(linux)('a folder of 350,000 files is measured within the heap of a driver', async () => {
  const look = await committed(5, (path) => {
    writeFileSync(join(path, 'small'), 'small')
    empty(path, 350_000)
  })
  expect(await look()).toBe('hit')
})

test('a folder with more bytes than were recorded is listed no further', async () => {
  const root = folder()
  write(join(root, 'a'), 'bytes')
  mkdirSync(join(root, 'z'))
  symlinkSync('../a', join(root, 'z/link'))
  const artifact = { path: root, digest: keyOf('x'), size: 4 }
  for (const byLength of [false, true]) expect(await verifyArtifact(artifact, 'folder', { byLength })).toBe(false)
  await expect(digestFolder(root, { size: 4 })).rejects.toThrow(written(root))
  await expect(digestFolder(root, { size: 6, most: 1 })).rejects.toThrow(
    `can't take "${root}": it holds more than 1 files and folders\n  fix: Pack them into one file.`,
  )
})

test('folders in one another are refused where they are too many', async () => {
  const root = folder()
  const deep = join(root, ...Array<string>(512).fill('d'))
  mkdirSync(deep, { recursive: true })
  expect((await digestFolder(root)).digest).toBe(keyOf(''))
  mkdirSync(join(deep, 'd'))
  await expect(digestFolder(root)).rejects.toThrow(
    `can't take "${root}": it is more than 512 folders deep\n  fix: Pack it into one file.`,
  )
})

test.runIf(linux)('of a small file that has more bytes than its length says, no more are read', async () => {
  const path = '/proc/self/maps'
  await expect(digestFile(path)).rejects.toThrow(`${written(path)}\n  fix: Run again when nothing writes to it.`)
  const version = '/proc/version'
  const digest = keyOf(readFileSync(version, 'utf8'))
  expect(await verifyArtifact({ path: version, digest, size: 0 }, 'file')).toBe(false)
})

test('a large file that becomes longer or shorter while it is read is no artifact', async () => {
  for (const after of [2 ** 40, 1]) {
    const path = join(memoryFolder(), 'large')
    writeFileSync(path, '')
    truncateSync(path, 64 * 2 ** 20)
    const digested = digestFile(path)
    await setImmediate()
    truncateSync(path, after)
    await expect(digested).rejects.toThrow(written(path))
  }
})

test('a link in the place of an artifact is one only for who follows it', async () => {
  const root = folder()
  write(join(root, 'there/file'), 'bytes')
  symlinkSync('there/file', join(root, 'file'))
  symlinkSync('there', join(root, 'folder'))
  const whole = await digestFolder(join(root, 'there'))
  for (const [kind, found] of [
    ['file', { digest: keyOf('bytes'), size: 5 }],
    ['folder', whole],
  ] as const) {
    const artifact = { path: join(root, kind), ...found }
    for (const byLength of [false, true]) {
      expect(await verifyArtifact(artifact, kind, { byLength })).toBe(true)
      expect(await verifyArtifact(artifact, kind, { byLength, follow: false })).toBe(false)
    }
  }
})
