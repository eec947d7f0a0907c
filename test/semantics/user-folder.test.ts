import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { userFolder } from '../../packages/millrace/src/user-folder.ts'

const posix = process.platform !== 'win32'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-user-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

afterEach(() => vi.unstubAllEnvs())

test('what decides which code is run lies in the cache folder of the user, for the user alone', () => {
  const caches = join(folder(), 'no/caches/yet')
  vi.stubEnv('XDG_CACHE_HOME', caches)
  expect(userFolder('code')).toBe(join(caches, 'millrace/code'))
  expect(userFolder('compiled')).toBe(join(caches, 'millrace/compiled'))
  if (posix) expect(statSync(join(caches, 'millrace/code')).mode & 0o777).toBe(0o700)
})

test.runIf(posix)('a folder to which others may write, a link, or none at all, is not used', () => {
  const caches = folder()
  vi.stubEnv('XDG_CACHE_HOME', caches)
  chmodSync(userFolder('code') as string, 0o770)
  expect(userFolder('code')).toBe(undefined)
  const linked = folder()
  mkdirSync(join(linked, 'millrace'))
  symlinkSync(folder(), join(linked, 'millrace/code'))
  vi.stubEnv('XDG_CACHE_HOME', linked)
  expect(userFolder('code')).toBe(undefined)
  vi.stubEnv('XDG_CACHE_HOME', '/proc/none')
  expect(userFolder('code')).toBe(undefined)
  // no place of its own is told by a relative path
  vi.stubEnv('XDG_CACHE_HOME', 'caches')
  vi.stubEnv('HOME', linked)
  expect(userFolder('code')).toBe(join(linked, '.cache/millrace/code'))
  expect(existsSync('caches')).toBe(false)
})
