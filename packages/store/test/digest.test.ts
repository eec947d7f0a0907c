import { chmodSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError } from '@millrace/ir'
import { expect, test } from 'vitest'
import { digestFile, digestFolder, outputDigest, verifyArtifact } from '../src/index.ts'
import { folder, memoryFolder, write } from './support.ts'
import { keyOf, model } from './values.ts'

function sample(): string {
  const root = folder()
  write(join(root, 'sub/a.txt'), 'hello')
  write(join(root, 'B.txt'), 'B')
  write(join(root, 'bin/run'), '#!/bin/sh\n')
  chmodSync(join(root, 'bin/run'), 0o755)
  mkdirSync(join(root, 'empty/deeper'), { recursive: true })
  return root
}

test('a file: digest and size of its bytes, at once or streamed', async () => {
  const root = folder()
  write(join(root, 'small'), 'hello')
  expect(await digestFile(join(root, 'small'))).toEqual({
    digest: 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    size: 5,
  })
  const large = join(memoryFolder(), 'large')
  const fd = openSync(large, 'w')
  writeSync(fd, Buffer.alloc(1), 0, 1, 256 * 2 ** 20 - 1)
  const before = process.memoryUsage.rss()
  expect(await digestFile(large)).toEqual({
    digest: 'sha256:a6d72ac7690f53be6ae46ba88506bd97302a093f7108472bd9efc3cefda06484',
    size: 256 * 2 ** 20,
  })
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20)
})

test('what is no regular file is refused by name', async () => {
  const root = folder()
  await expect(digestFile(root)).rejects.toThrow(`can't take "${root}": it is a folder`)
  await expect(digestFile('/dev/null')).rejects.toThrow('can\'t take "/dev/null": it is not a regular file')
  const missing = join(root, 'missing')
  await expect(digestFile(missing)).rejects.toThrow(
    new DiagnosticError([
      {
        code: 'store-failed',
        severity: 'error',
        message: `can't read "${missing}": ENOENT, no such file or directory`,
        at: { pipeline: null, node: null },
        fix: 'Put back what is missing, or choose another store with --store.',
      },
    ]),
  )
})

test('a folder: sha256 over its sorted lines, empty folders dropped', async () => {
  const root = sample()
  expect(await digestFolder(root)).toEqual({
    // written out by hand: "B.txt\0sha256:<of B>\x000\n", then bin/run with 1, then sub/a.txt with 0
    digest: 'sha256:c03603ecea9e7fbf091156105757b7e6ce88eb2cbc598ea915772ead962194c6',
    size: 16,
  })
  const before = (await digestFolder(root)).digest
  chmodSync(join(root, 'B.txt'), 0o755)
  expect((await digestFolder(root)).digest).not.toBe(before)
  expect((await digestFolder(folder())).digest).toBe(keyOf(''))
})

test('a link in a folder is refused by name, also one to a folder', async () => {
  const root = sample()
  symlinkSync('a.txt', join(root, 'sub/link'))
  await expect(digestFolder(root)).rejects.toThrow(
    `can't take "${join(root, 'sub/link')}": it is a symbolic link\n  fix: Put a copy of what the link points to in its place.`,
  )
  const other = folder()
  symlinkSync(root, join(other, 'link'))
  await expect(digestFolder(other)).rejects.toThrow(`can't take "${join(other, 'link')}": it is a symbolic link`)
  expect(await verifyArtifact({ path: other, digest: keyOf(''), size: 0 }, 'folder')).toBe(false)
})

test('an artifact verifies when its bytes match, and only then', async () => {
  const root = sample()
  const path = join(root, 'B.txt')
  expect(await verifyArtifact({ path, digest: keyOf('B'), size: 1 }, 'file')).toBe(true)
  expect(await verifyArtifact({ path, digest: keyOf('C'), size: 1 }, 'file')).toBe(false)
  expect(await verifyArtifact({ path, digest: keyOf('B'), size: 2 }, 'file')).toBe(false)
  expect(await verifyArtifact({ path: `${path}.gone`, digest: keyOf('B'), size: 1 }, 'file')).toBe(false)
  const { digest, size } = await digestFolder(root)
  expect(await verifyArtifact({ path: root, digest, size }, 'folder')).toBe(true)
  expect(await verifyArtifact({ path: root, digest, size }, 'file')).toBe(false)
  writeFileSync(join(root, 'sub/a.txt'), 'hellO')
  expect(await verifyArtifact({ path: root, digest, size }, 'folder')).toBe(false)
})

test("an output's digest holds what its artifacts hold, not where they lie", () => {
  const at = (path: string, text: string) => ({ model: { path, digest: keyOf(text), size: 1 } })
  expect(outputDigest(model, at('/a', 'x'))).toBe(outputDigest(model, at('/b', 'x')))
  expect(outputDigest(model, at('/a', 'x'))).not.toBe(outputDigest(model, at('/a', 'y')))
  expect(outputDigest(model, at('/a', 'x'))).toBe(keyOf(`{"model":{"digest":"${keyOf('x')}","size":1}}`))
})
