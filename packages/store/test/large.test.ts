import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { digestJson } from '@millrace/ir'
import { expect, test } from 'vitest'
import { digestFile, digestFolder, openStore, outputDigest, verifyArtifact } from '../src/index.ts'
import { attemptFolder, child, keyFolder, memoryFolder } from './support.ts'
import { keyOf } from './values.ts'

const key = keyOf('a key')
const size = 2 ** 30 + 1

/** A file with nothing in it but its last byte. */
function sparse(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, size)
}

/** Writes a byte where one was, and sets back the time that can be set back. */
function flip(path: string, at: number): void {
  const { atime, mtime } = statSync(path)
  const fd = openSync(path, 'r+')
  writeSync(fd, 'x', at)
  closeSync(fd)
  utimesSync(path, atime, mtime)
}

/** A store with a result that is a large file, or a folder with one and a small one. */
async function committed(kind: 'file' | 'folder') {
  const root = join(memoryFolder(), '.millrace')
  const path = join(attemptFolder(root, 'train', 'a1'), 'model')
  const large = kind === 'file' ? path : join(path, 'deep/weights')
  if (kind === 'folder') {
    mkdirSync(join(path, 'deep'), { recursive: true })
    writeFileSync(join(path, 'small'), 'small')
  }
  sparse(large)
  const digested = kind === 'file' ? await digestFile(path) : await digestFolder(path)
  const output = { model: { path, digest: digested.digest as string, size: digested.size } }
  const schema = { type: 'object', properties: { model: { artifact: { kind } } } }
  const digest = outputDigest(schema, output)
  await openStore(root).results.commit({ key, run: 'run-1', output, schema, digest, metrics: [] })
  // asks another process, which has read nothing before
  const look = (at = root, ...more: string[]) => child('large', at, key, kind, ...more).next()
  return { root, path, large, look, artifact: output.model }
}

test.runIf(existsSync('/proc/self/io'))('a large file is not read again as long as nobody wrote to it', async () => {
  const { root, large, look } = await committed('file')
  expect(await look()).toEqual(['hit', 'unread'])
  expect(await look(root, 'full')).toEqual(['hit', 'read'])
  // a copy has other numbers
  execFileSync('cp', ['-a', '--sparse=always', root, `${root}-copy`])
  expect(await look(`${root}-copy`)).toEqual(['hit', 'read'])
  // any change counts, also one of nothing
  utimesSync(large, new Date(), new Date())
  expect(await look()).toEqual(['hit', 'read'])
  flip(large, 5)
  expect(await look()).toEqual(['miss', 'read'])
})

test.runIf(existsSync('/proc/self/io'))('what was written through another name of a large file is seen', async () => {
  const { large, look } = await committed('file')
  linkSync(large, `${large}-2`)
  flip(`${large}-2`, size - 1)
  expect(await look()).toEqual(['miss', 'read'])
})

test.runIf(existsSync('/proc/self/io'))('of a folder, large files are not read again, and small ones are', async () => {
  const { path, look } = await committed('folder')
  expect(await look()).toEqual(['hit', 'unread'])
  flip(join(path, 'small'), 1)
  expect(await look()).toEqual(['miss', 'unread'])
  flip(join(path, 'deep/weights'), 1)
  expect(await look()).toEqual(['miss', 'read'])
})

test.runIf(existsSync('/proc/self/io'))(
  "what no manifest knows is read: one without marks, and another's word",
  async () => {
    const { root, large, look } = await committed('file')
    const folder = keyFolder(root, key)
    const manifest = join(folder, readdirSync(folder).find((name) => name !== 'current') as string)
    const { check: _, ...fields } = JSON.parse(readFileSync(manifest, 'utf8'))
    const say = (files: object[]) =>
      writeFileSync(manifest, JSON.stringify({ ...fields, files, check: digestJson({ ...fields, files } as never) }))
    const [{ large: known, ...file }] = fields.files
    expect(known).toEqual([{ path: '', digest: file.digest, mark: expect.stringMatching(/^\d+ 1073741825 \d+$/) }])
    for (const odd of [
      undefined,
      7,
      [null, { path: '' }],
      [{ path: '../model', ...known[0] }],
      [{ ...known[0], mark: 3 }],
    ]) {
      say([{ ...file, ...(odd === undefined ? {} : { large: odd }) }])
      if (odd === undefined) expect(await look()).toEqual(['hit', 'read'])
      else expect(((await look()) as string[])[0]).toBe('hit')
    }
    // of what lies elsewhere nobody may tell the bytes
    say([file, { ...file, path: large, large: known }, { ...file, path: '../x', large: known }])
    expect(await look()).toEqual(['hit', 'read'])
  },
)

test('a process reads what is large once, and again when somebody wrote to it', async () => {
  const { path, artifact } = await committed('file')
  expect(await verifyArtifact(artifact, 'file')).toBe(true)
  expect(await verifyArtifact({ ...artifact, digest: keyOf('other') }, 'file')).toBe(false)
  flip(path, size - 1)
  expect(await verifyArtifact(artifact, 'file')).toBe(false)
  // the length alone is enough for who must not read it
  expect(await verifyArtifact(artifact, 'file', { byLength: true })).toBe(true)
  expect(await verifyArtifact({ ...artifact, size: size - 1 }, 'file', { byLength: true })).toBe(false)
})
