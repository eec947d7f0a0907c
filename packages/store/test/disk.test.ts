import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError } from '@millrace/ir'
import { expect, test } from 'vitest'
import { FolderAttempts } from '../src/folder/results/attempts.ts'
import { openStore, outputDigest, storeFailed } from '../src/index.ts'
import { childAfter, folder, line, newRoot, packOf, write } from './support.ts'
import { findOne, keyOf, peekOne, plain, work } from './values.ts'

const nowhere = { pipeline: null, node: null }
const key = keyOf('a key')

/** What a call throws. */
async function thrown(call: () => unknown): Promise<DiagnosticError> {
  try {
    await call()
  } catch (error) {
    if (error instanceof DiagnosticError) return error
    throw error
  }
  return expect.fail('nothing was thrown')
}

test('a new store ignores itself and says its format; an old one is opened as it is', () => {
  const root = newRoot()
  expect(openStore(root).root).toBe(root)
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('*\n')
  expect(JSON.parse(readFileSync(join(root, 'format.json'), 'utf8'))).toEqual({
    version: 1,
    store: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  writeFileSync(join(root, '.gitignore'), 'mine')
  writeFileSync(join(root, 'format.json'), '{"version":0}')
  openStore(root)
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('mine')
  expect(readFileSync(join(root, 'format.json'), 'utf8')).toBe('{"version":0}')
})

test('a store of a newer format is refused', async () => {
  const root = newRoot()
  write(join(root, 'format.json'), '{"version":2}')
  expect((await thrown(() => openStore(root))).diagnostics).toEqual([
    {
      code: 'store-version',
      severity: 'error',
      message: `the store "${root}" has format 2; this millrace reads formats up to 1`,
      at: nowhere,
      fix: 'Update millrace, or choose another store with --store.',
    },
  ])
})

test('a store under a regular file: the whole diagnostic, with its cause', async () => {
  const file = join(folder(), 'file')
  writeFileSync(file, '')
  const error = await thrown(() => openStore(join(file, 'store')))
  expect(error.diagnostics).toEqual([
    {
      code: 'store-failed',
      severity: 'error',
      message: `can't create "${file}": ENOTDIR, not a directory`,
      at: nowhere,
      fix: 'Remove the file that stands where a folder should be, or choose another store with --store.',
    },
  ])
  expect(error.cause).toMatchObject({ code: 'ENOTDIR', syscall: 'mkdir' })
})

test('a path under the working folder is named as the user would type it', async () => {
  const error = await thrown(() => openStore('package.json/store'))
  expect(error.diagnostics[0]?.message).toBe(`can't create "package.json": ENOTDIR, not a directory`)
})

test.runIf(existsSync('/dev/full'))('a full disk is told by name, with what to do', () => {
  let full: unknown
  try {
    writeFileSync('/dev/full', 'x')
  } catch (error) {
    full = storeFailed('write', '/store/journal.jsonl', error)
  }
  expect((full as DiagnosticError).diagnostics).toEqual([
    {
      code: 'store-failed',
      severity: 'error',
      message: 'can\'t write "/store/journal.jsonl": ENOSPC, no space left on device',
      at: nowhere,
      fix: 'Free some space on that disk, or choose another store with --store.',
    },
  ])
})

test.skipIf(process.platform === 'win32')(
  'what the disk refuses the journal is told by name, also when only a timer sees it',
  async () => {
    // half a kilobyte a block; a cache of compiled code would be the first to need more
    const limited = ['sh', '-c', 'ulimit -f 64; unset NODE_COMPILE_CACHE; exec "$@"', 'sh'] as const
    const [path, told, owned] = (await childAfter(limited, 'fill', newRoot()).next()) as [string, unknown[], boolean]
    const refused = {
      code: 'store-failed',
      severity: 'error',
      message: `can't write "${join(path, 'journal.jsonl')}": EFBIG, file too large`,
      at: nowhere,
      fix: 'Check that path and its disk, or choose another store with --store.',
    }
    expect([told, owned]).toEqual([[refused, refused, refused, refused], false])
  },
)

test('a run that may not be made names the folder that refuses it', async () => {
  const root = newRoot()
  const store = openStore(root)
  mkdirSync(join(root, 'runs/tmp'), { recursive: true })
  chmodSync(root, 0o755)
  chmodSync(join(root, 'runs/tmp'), 0)
  // root may write everywhere
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    expect((await thrown(() => store.runs.create(work))).diagnostics[0]?.message).toBe(
      `can't create "${join(root, 'runs/tmp')}": EACCES, permission denied`,
    )
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('where results, runs or attempts cannot be written, each says so with the path; a find only misses', async () => {
  const root = newRoot()
  const store = openStore(root)
  for (const name of ['results', 'runs', 'attempts']) writeFileSync(join(root, name), '')
  const output = { by: 'one' }
  const digest = outputDigest(plain, output)
  const commit = { key, run: 'run-1', output, schema: plain, digest, metrics: [] }
  const manifest = join(root, 'results', key.slice(7, 9), key.slice(7), `${digest.slice(7)}.json`)
  const message = async (call: () => unknown) => (await thrown(call)).diagnostics[0]?.message
  const pack = store.results.openPack('run-1', { fresh: false })
  expect(await message(() => store.results.commit(commit))).toBe(`can't write "${manifest}": ENOTDIR, not a directory`)
  expect(await message(() => pack.append(line(key, output)))).toBe(
    `can't write "${join(root, 'results/packs/run-1.jsonl')}": ENOTDIR, not a directory`,
  )
  expect(await message(() => store.runs.create(work))).toBe(
    `can't create "${join(root, 'runs')}": ENOTDIR, not a directory`,
  )
  expect(await message(() => store.runs.list())).toBe(`can't read "${join(root, 'runs')}": ENOTDIR, not a directory`)
  const record = join(root, 'attempts/.open/run-1-')
  const refused = await message(() => new FolderAttempts(root, 'run-1').begin('clean', 'a1'))
  expect(refused?.replace(/-[0-9a-f]{12}"/, '-"')).toBe(`can't create "${record}": ENOTDIR, not a directory`)
  expect(await findOne(store.results, key, plain)).toBeUndefined()
  expect(await peekOne(store.results, key, plain)).toBeUndefined()
})

test('an attempt has a folder of its own under its node', () => {
  const root = newRoot()
  const { id, attempts } = openStore(root).runs.create(work)
  expect(attempts.begin('prepare/clean.2', 'x-1')).toBe(join(root, `attempts/prepare+clean.2/${id}-x-1`))
  expect(attempts.begin('..', '../../x')).toBe(join(root, `attempts/+./${id}-..+..+x`))
  expect(existsSync(join(root, `attempts/+./${id}-..+..+x`))).toBe(true)
})

test('a closed store finds nothing more and leaves what it wrote', async () => {
  const root = newRoot()
  packOf(root, 'run-1', key, { by: 'one' })
  const store = openStore(root)
  expect(await findOne(store.results, key, plain)).toBeDefined()
  store.close()
  store.close()
  expect(await findOne(store.results, key, plain)).toBeUndefined()
})
