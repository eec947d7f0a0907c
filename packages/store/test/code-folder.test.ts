import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { codeFolder } from '../src/index.ts'
import { posix } from './hostile.ts'
import { folder } from './support.ts'

afterEach(() => vi.unstubAllEnvs())

test('what is known of code lies in the cache folder of the user, for the user alone', () => {
  const caches = join(folder(), 'caches')
  vi.stubEnv('XDG_CACHE_HOME', caches)
  const { cache, temporary } = codeFolder()
  expect(cache).toBe(join(caches, 'millrace/code'))
  if (posix) expect(statSync(cache as string).mode & 0o777).toBe(0o700)
  // what is old goes when something new comes
  const [old, young] = ['old.json', 'young.json'].map((name) => join(cache as string, name)) as [string, string]
  for (const path of [old, young]) writeFileSync(path, '')
  utimesSync(old, 1e9, 1e9)
  expect(temporary().startsWith(`${cache}/.tmp-`)).toBe(true)
  expect(readdirSync(cache as string)).toEqual(['young.json'])
})

test.runIf(posix)('a folder to which others may write, a link, or none at all, is not used', () => {
  const caches = folder()
  vi.stubEnv('XDG_CACHE_HOME', caches)
  chmodSync(codeFolder().cache as string, 0o770)
  expect(codeFolder()).not.toHaveProperty('cache')
  const linked = folder()
  mkdirSync(join(linked, 'millrace'))
  symlinkSync(folder(), join(linked, 'millrace/code'))
  vi.stubEnv('XDG_CACHE_HOME', linked)
  expect(codeFolder()).not.toHaveProperty('cache')
  vi.stubEnv('XDG_CACHE_HOME', '/proc/none')
  expect(codeFolder()).not.toHaveProperty('cache')
  // no place of its own is told by a relative path
  vi.stubEnv('XDG_CACHE_HOME', 'caches')
  vi.stubEnv('HOME', linked)
  expect(codeFolder().cache).toBe(join(linked, '.cache/millrace/code'))
  expect(existsSync('caches')).toBe(false)
})
