import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeFolder } from '../src/index.ts'
import { folder } from './support.ts'

test('what is old of what is known of code goes when something new comes', () => {
  const own = folder()
  const { cache, write } = codeFolder(own)
  expect(cache).toBe(own)
  const [old, young] = ['old.json', 'young.json'].map((name) => join(own, name)) as [string, string]
  for (const path of [old, young]) writeFileSync(path, '')
  utimesSync(old, 1e9, 1e9)
  write(join(own, 'new.json'), 'new')
  expect(readdirSync(own).sort()).toEqual(['new.json', 'young.json'])
})

test('where there is no folder of the user alone, nothing is kept', () => {
  expect(codeFolder(undefined)).not.toHaveProperty('cache')
})
