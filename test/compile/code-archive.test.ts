import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { archiveDigest, packArchive, readArchive } from '@millrace/ir'
import { expect, test } from 'vitest'
import { packStage, stageArchive } from '../../packages/compiler/src/index.ts'
import { unpackStage } from '../../packages/runner/src/index.ts'
import { emptyFolder } from './emitting.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const stage = {
  code: 'export default 1\n',
  assets: [
    { path: 'assets/2/ä b.sh', bytes: bytes('#!/bin/sh\n'), executable: true },
    { path: 'assets/1/none', bytes: new Uint8Array(), executable: false },
  ],
}

test('an archive is one line of JSON, and bytes', () => {
  expect(Buffer.from(stageArchive(stage)).toString()).toBe(
    '{"format":1,"files":[{"path":"assets/1/none","size":0},' +
      '{"path":"assets/2/ä b.sh","size":10,"executable":true},{"path":"stage.mjs","size":17}]}\n' +
      '#!/bin/sh\nexport default 1\n',
  )
  expect(readArchive(stageArchive(stage)).map(({ path, executable }) => [path, executable])).toEqual([
    ['assets/1/none', false],
    ['assets/2/ä b.sh', true],
    ['stage.mjs', false],
  ])
})

test('its digest is the same in whatever order its files are given, and not of what gzip makes of it', () => {
  const reversed = stageArchive({ ...stage, assets: [...stage.assets].reverse() })
  expect(archiveDigest(reversed)).toBe(archiveDigest(stageArchive(stage)))
  expect(archiveDigest(gunzipSync(packStage(stage)))).toBe(archiveDigest(reversed))
})

test('it is unpacked with modes', () => {
  const folder = join(emptyFolder(), 'new')
  const module = unpackStage(packStage(stage), folder)
  expect(module).toBe(join(folder, 'stage.mjs'))
  expect(readFileSync(module, 'utf8')).toBe(stage.code)
  expect(statSync(join(folder, 'assets/2/ä b.sh')).mode & 0o111).not.toBe(0)
  expect(statSync(module).mode & 0o111).toBe(0)
})

test('one that is damaged is refused', () => {
  const archive = stageArchive(stage)
  expect(() => readArchive(archive.subarray(0, -1))).toThrow('bytes, and its header says')
  expect(() => readArchive(new Uint8Array())).toThrow(SyntaxError)
  expect(() => readArchive(bytes('{"format":2,"files":[]}\n'))).toThrow('has the format 2, and 1 is known')
  for (const path of ['../x', '/x', 'a//b', 'a/../../x', 'C:x', 'a\\b', '.', ''])
    expect(() =>
      unpackStage(gzipSync(packArchive([{ path, bytes: bytes('x'), executable: false }])), emptyFolder()),
    ).toThrow(`the code archive names ${JSON.stringify(path)}`)
})
