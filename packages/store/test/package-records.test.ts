import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { newRoot } from './support.ts'

const [one, two] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`] as const

test('the first content of a package that is seen under a name is kept, for all who share the store', () => {
  const root = newRoot()
  const [here, there] = [openStore(root), openStore(root)]
  expect(here.packages.first('a@1.0.0', one)).toBe(one)
  expect(there.packages.first('a@1.0.0', two)).toBe(one)
  expect(here.packages.first('a@1.0.0', one)).toBe(one)
  expect(there.packages.first('@b/a@1.0.0', two)).toBe(two)
  expect(openStore(root).packages.first('a@1.0.0', two)).toBe(one)
})

test('where that is damaged nobody knows it any more', () => {
  const root = newRoot()
  const { packages } = openStore(root)
  packages.first('a@1.0.0', one)
  const [name = ''] = readdirSync(join(root, 'packages'))
  const path = join(root, 'packages', name)
  const text = readFileSync(path, 'utf8')
  for (const damaged of ['', text.slice(0, -9), text.replace('1111', '1121'), '{}', 'null'])
    for (const digest of [one, two]) {
      writeFileSync(path, damaged)
      expect([damaged, packages.first('a@1.0.0', digest)]).toEqual([damaged, undefined])
    }
  rmSync(path)
  mkdirSync(path)
  expect(() => packages.first('a@1.0.0', one)).toThrow('EISDIR')
})
