import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ForeignFolder, OddFile } from '../src/index.ts'
import { folder, write } from './support.ts'

function opened(root: string): ForeignFolder {
  const foreign = ForeignFolder.open(root) as ForeignFolder
  onTestFinished(() => foreign.close())
  return foreign
}

/** What is odd about what is read, and where. */
function oddity(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof OddFile) return `${error.path} ${error.message}`
    throw error
  }
  throw new Error('it was taken')
}

const asFile =
  (name: string) =>
  (foreign: ForeignFolder): unknown =>
    foreign.read(name, 100)
const asFolder =
  (name: string) =>
  (foreign: ForeignFolder): unknown =>
    foreign.within(name, (inner) => inner.names(10))

test('files, names and folders are read, however deep', () => {
  const root = folder()
  write(join(root, 'a/b/c.txt'), 'text')
  write(join(root, 'empty'), '')
  const foreign = opened(root)
  expect(foreign.names(10).sort()).toEqual(['a', 'empty'])
  expect(foreign.within('a', (a) => a.within('b', (b) => b.read('c.txt', 4)?.toString()))).toBe('text')
  expect(foreign.read('empty', 0)).toEqual(Buffer.alloc(0))
  expect(foreign.file('empty', (_, size) => size)).toBe(0)
})

test('what is not there is none', () => {
  const foreign = opened(folder())
  expect(ForeignFolder.open(join(folder(), 'none'))).toBe(undefined)
  expect(foreign.read('none', 10)).toBe(undefined)
  expect(foreign.within('none', () => 1)).toBe(undefined)
})

test.each([
  ['a link to a file', (at: string) => symlinkSync('/etc/hostname', at), asFile, 'is a symbolic link'],
  ['a link to nothing', (at: string) => symlinkSync('nowhere', at), asFile, 'is a symbolic link'],
  ['a link to itself', (at: string) => symlinkSync('odd', at), asFile, 'is a symbolic link'],
  ['a link to a folder', (at: string) => symlinkSync('/etc', at), asFolder, 'is a symbolic link'],
  ['a link to a device', (at: string) => symlinkSync('/dev/zero', at), asFile, 'is a symbolic link'],
  ['a pipe', (at: string) => execFileSync('mkfifo', [at]), asFile, 'is no regular file'],
  ['a pipe for a folder', (at: string) => execFileSync('mkfifo', [at]), asFolder, 'is no folder'],
  ['a folder for a file', (at: string) => mkdirSync(at), asFile, 'is a folder'],
  ['a file for a folder', (at: string) => writeFileSync(at, ''), asFolder, 'is no folder'],
  ['one byte too many', (at: string) => writeFileSync(at, 'x'.repeat(101)), asFile, 'has more than 100 bytes'],
  [
    'eleven files',
    (at: string) => {
      mkdirSync(at)
      for (let i = 0; i < 11; i++) writeFileSync(join(at, String(i)), '')
    },
    asFolder,
    'holds more than 10 files',
  ],
])('%s is odd', (_, make, read, what) => {
  const root = folder()
  make(join(root, 'odd'))
  expect(oddity(() => read('odd')(opened(root)))).toBe(`odd ${what}`)
})

test('the folder itself may be no link', () => {
  const root = folder()
  symlinkSync(folder(), join(root, 'link'))
  expect(oddity(() => ForeignFolder.open(join(root, 'link')))).toBe(' is a symbolic link')
})

test('a socket is odd', async () => {
  const root = folder()
  const server = createServer()
  onTestFinished(() => void server.close())
  // its path has to be short
  await new Promise<void>((done) => server.listen(relative(process.cwd(), join(root, 's')), done))
  expect(oddity(() => asFile('s')(opened(root)))).toBe('s is no regular file')
})

test('what may not be read is odd', () => {
  const root = folder()
  write(join(root, 'odd'), 'x')
  chmodSync(root, 0o755)
  chmodSync(join(root, 'odd'), 0)
  const foreign = opened(root)
  // root may read all
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    expect(oddity(() => asFile('odd')(foreign))).toBe("odd can't be opened (EACCES)")
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('of a file without an end in reach only what was asked for is read', () => {
  const root = folder()
  const fd = openSync(join(root, 'sparse'), 'w')
  ftruncateSync(fd, 2 ** 40)
  closeSync(fd)
  const foreign = opened(root)
  expect(oddity(() => foreign.read('sparse', 1000))).toBe('sparse has more than 1000 bytes')
  const count = foreign.file('sparse', (file, size) => [size, readSync(file, Buffer.alloc(10))])
  expect(count).toEqual([2 ** 40, 10])
})

test('no name leads out of it', () => {
  const foreign = opened(folder())
  for (const name of ['', '.', '..', 'a/b', '../x', '/etc', 'a\0b'])
    expect(() => foreign.read(name, 1)).toThrow(`"${name}" is no name`)
})

test.runIf(process.platform === 'linux')('it stays the folder that was opened, whatever takes its place', () => {
  const root = folder()
  const secret = folder()
  write(join(secret, 'log.txt'), 'secret')
  write(join(root, 'own/inner/log.txt'), 'mine')
  const foreign = opened(join(root, 'own'))
  const seen = foreign.within('inner', (inner) => {
    renameSync(join(root, 'own/inner'), join(root, 'aside'))
    symlinkSync(secret, join(root, 'own/inner'))
    return inner.read('log.txt', 10)?.toString()
  })
  expect(seen).toBe('mine')
  renameSync(join(root, 'own'), join(root, 'gone'))
  symlinkSync(secret, join(root, 'own'))
  expect(foreign.names(10)).toEqual(['inner'])
})

test.runIf(process.platform === 'linux')(
  'a folder that is swapped for a link all the time gives its own or nothing',
  async () => {
    const root = folder()
    const secret = folder()
    write(join(secret, 'log.txt'), 'secret')
    write(join(root, 'own/inner/log.txt'), 'mine')
    // as fast as a shell can
    const swap = 'while :; do mv inner aside; ln -s "$0" inner; rm inner; mv aside inner; echo; done'
    const swapping = spawn('sh', ['-c', swap, secret], { cwd: join(root, 'own'), stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void swapping.kill('SIGKILL'))
    await new Promise((resolve) => swapping.stdout.once('data', resolve))
    swapping.stdout.resume()
    const seen = new Set<string>()
    const foreign = opened(join(root, 'own'))
    const look = () => foreign.within('inner', (inner) => inner.read('log.txt', 10)?.toString())
    for (let round = 0; round < 20_000; round++) {
      try {
        seen.add(look() ?? 'none')
      } catch (error) {
        seen.add((error as Error).message)
      }
      if (round % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const known of ['mine', 'none', 'is a symbolic link', 'is no folder']) seen.delete(known)
    expect([...seen]).toEqual([])
  },
)

test('no file stays open', () => {
  const root = folder()
  write(join(root, 'a/b'), 'x')
  mkdirSync(join(root, 'c'))
  const count = () => readdirSync('/proc/self/fd').length
  if (process.platform !== 'linux') return
  const before = count()
  for (let i = 0; i < 50; i++) {
    const foreign = ForeignFolder.open(root) as ForeignFolder
    foreign.within('a', (a) => a.read('b', 1))
    oddity(() => foreign.within('a', (a) => a.read('b', 0)))
    oddity(() => foreign.read('c', 1))
    oddity(() => foreign.names(1))
    foreign.close()
  }
  expect(count()).toBe(before)
})
