import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { ForeignFolder, OddFile } from '../src/index.ts'
import { folder, write } from './support.ts'

const fault = vi.hoisted(() => ({ in: '', code: '', errno: 0 }))

function failing<T extends (...given: never[]) => unknown>(name: string, real: T): T {
  return ((...given: Parameters<T>) => {
    if (fault.in !== name) return real(...given)
    throw Object.assign(new Error(`${fault.code}: ${name}`), { code: fault.code, errno: fault.errno, syscall: name })
  }) as T
}

vi.mock('node:fs', async (actual) => {
  const fs = await actual<typeof import('node:fs')>()
  const opendirSync = (...given: Parameters<typeof fs.opendirSync>) => {
    const dir = fs.opendirSync(...given)
    const readSync = dir.readSync.bind(dir)
    dir.readSync = failing('readdir', readSync)
    return dir
  }
  return { ...fs, fstatSync: failing('fstat', fs.fstatSync), readSync: failing('read', fs.readSync), opendirSync }
})

beforeEach(() => {
  fault.in = ''
})

test.each([
  ['fstat', 'ESTALE', -116],
  ['fstat', 'EIO', -5],
  ['read', 'ESTALE', -116],
  ['read', 'EIO', -5],
  ['read', 'EINTR', -4],
  ['readdir', 'ESTALE', -116],
  ['readdir', 'EIO', -5],
])('what a volume can not give for a moment is not there (%s: %s), and is there again', (where, code, errno) => {
  const root = folder()
  write(join(root, 'own/a.txt'), 'text')
  const foreign = ForeignFolder.open(root) as ForeignFolder
  const look = () => [
    foreign.within('own', (own) => own.names(10)),
    foreign.within('own', (own) => own.read('a.txt', 10)?.toString()),
  ]
  const files = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
  const open = files()
  Object.assign(fault, { in: where, code, errno })
  expect(look()).toEqual(where === 'readdir' ? [[], 'text'] : [['a.txt'], undefined])
  fault.in = ''
  expect(look()).toEqual([['a.txt'], 'text'])
  expect(files()).toBe(open)
  foreign.close()
})

test('what else keeps a file from being read is odd', () => {
  const root = folder()
  write(join(root, 'a.txt'), 'text')
  const foreign = ForeignFolder.open(root) as ForeignFolder
  Object.assign(fault, { in: 'read', code: 'EINVAL', errno: -22 })
  const read = () => foreign.read('a.txt', 10)
  expect(read).toThrow(OddFile)
  expect(read).toThrow("can't be read (EINVAL)")
  foreign.close()
})

test('what a reader of the file throws is its own', () => {
  const root = folder()
  write(join(root, 'a.txt'), 'text')
  const foreign = ForeignFolder.open(root) as ForeignFolder
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28, syscall: 'write' })
  const read = () =>
    foreign.file('a.txt', () => {
      throw full
    })
  expect(read).toThrow(full)
  foreign.close()
})
