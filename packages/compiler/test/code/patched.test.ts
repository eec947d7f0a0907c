import { renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import type { FirstSeen } from '../../src/code/digest/package-contents.ts'
import { change, copyTo, type Files, lookAt, newFolder, write } from './program.ts'

const pkg = (name: string, dependencies: Readonly<Record<string, string>> = {}, more = ''): string =>
  JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './a.js', dependencies }).replace(/}$/, `${more}}`)

const files: Files = {
  'main.ts': `import { stage } from 'millrace'
import { dep } from 'dep'
export const train = stage('t', { run: () => dep() })
`,
  'node_modules/dep/package.json': pkg('dep', { sub: '1', '@a/scoped': '1' }, ',"optionalDependencies":{"maybe":"1"}'),
  'node_modules/dep/a.js': 'export const dep = () => 1',
  'node_modules/dep/data/words.txt': 'words',
  'node_modules/sub/package.json': pkg('sub', { deep: '1' }),
  'node_modules/sub/a.js': 'export const sub = 1',
  'node_modules/sub/node_modules/deep/package.json': pkg('deep'),
  'node_modules/sub/node_modules/deep/a.js': 'export const deep = 1',
  'node_modules/@a/scoped/package.json': pkg('@a/scoped'),
  'node_modules/@a/scoped/a.js': 'export const scoped = 1',
  'node_modules/maybe/package.json': pkg('maybe'),
  'node_modules/maybe/a.js': 'export const maybe = 1',
  'node_modules/unused/package.json': pkg('unused'),
  'node_modules/unused/a.js': 'export const unused = 1',
}

/** What the machines that share a store know. */
function records(): FirstSeen {
  const known = new Map<string, Digest>()
  return (id, digest) => {
    known.set(id, known.get(id) ?? digest)
    return known.get(id)
  }
}

const codeIn = async (root: string, firstSeen: FirstSeen | undefined, cache = newFolder()): Promise<string> =>
  (await lookAt(root, { cache, ...(firstSeen ? { firstSeen } : {}) })).stages.get('train')?.code as string

describe('of a package that is changed in place its content counts', () => {
  const edits: Record<string, Files> = {
    'in its code': { 'node_modules/dep/a.js': 'export const dep = () => 2' },
    'in its data': { 'node_modules/dep/data/words.txt': 'other' },
    'by a new file': { 'node_modules/dep/data/more.txt': '' },
    'in what it depends on': { 'node_modules/sub/a.js': 'export const sub = 2' },
    'in a scoped one': { 'node_modules/@a/scoped/a.js': 'export const scoped = 2' },
    'deeper down': { 'node_modules/sub/node_modules/deep/a.js': 'export const deep = 2' },
    'in an optional one': { 'node_modules/maybe/a.js': 'export const maybe = 2' },
  }
  for (const [name, edit] of Object.entries(edits))
    test(name, async () => {
      const [root, firstSeen, cache] = [write(files), records(), newFolder()]
      const original = await codeIn(root, firstSeen, cache)
      change(root, edit)
      const edited = await codeIn(root, firstSeen, cache)
      expect(edited).not.toBe(original)
      // another machine that shares the store, and has no cache of its own
      expect(await codeIn(copyTo(root, 'a/copy'), firstSeen)).toBe(edited)
      expect(await codeIn(write(files), firstSeen)).toBe(original)
      for (const path of Object.keys(edit)) rmSync(join(root, path))
      change(root, files)
      expect(await codeIn(root, firstSeen, cache)).toBe(original)
    })

  test('and nothing of one that is not', async () => {
    const [root, firstSeen, cache] = [write(files), records(), newFolder()]
    const original = await codeIn(root, firstSeen, cache)
    expect(await codeIn(root, undefined)).toBe(original)
    change(root, { 'node_modules/unused/a.js': '' })
    // installed anew, in another place and at another time
    const moved = copyTo(root, 'b')
    utimesSync(join(moved, 'node_modules/dep/a.js'), 1, 1)
    expect(await codeIn(moved, firstSeen)).toBe(original)
    utimesSync(join(root, 'node_modules/dep/a.js'), 1, 1)
    expect(await codeIn(root, firstSeen, cache)).toBe(original)
  })

  test('whichever content was seen first', async () => {
    const root = write(files)
    const [before, after] = [records(), records()]
    await codeIn(root, before)
    change(root, { 'node_modules/dep/a.js': 'export const dep = () => 2' })
    // where it was installed so, nobody knows of a change
    expect(await codeIn(root, after)).toBe(await codeIn(write(files), records()))
    expect(await codeIn(root, before)).not.toBe(await codeIn(root, after))
    expect(await codeIn(write(files), after)).not.toBe(await codeIn(root, after))
  })

  test('by what each store has seen first, though what is known of the program is kept for all of them', async () => {
    const [root, cache] = [write(files), newFolder()]
    const [a, b] = [records(), records()]
    const original = await codeIn(root, a, cache)
    // a store that sees the content that is known already must have seen it
    expect(await codeIn(root, b, cache)).toBe(original)
    change(root, { 'node_modules/dep/a.js': 'export const dep = () => 2' })
    const edited = await codeIn(root, b, cache)
    expect(edited).not.toBe(original)
    expect(await codeIn(root, records(), cache)).toBe(original)
    expect(await codeIn(root, a, cache)).toBe(edited)
    expect(await codeIn(root, b, cache)).toBe(edited)
  })

  test('where nobody knows any more what it was', async () => {
    const root = write(files)
    expect(await codeIn(root, () => undefined)).not.toBe(await codeIn(root, records()))
  })

  const patches: Record<string, string> = {
    'by pnpm or bun': 'patches/dep@1.0.0.patch',
    'by patch-package': 'patches/dep+1.0.0.patch',
    'by patch-package, one of several': 'patches/dep+1.0.0+001+first.patch',
    'by yarn': '.yarn/patches/dep-npm-1.0.0-0123456789.patch',
    'of a scoped one by pnpm': 'patches/@a__scoped@1.0.0.patch',
    'of a scoped one by patch-package': 'patches/@a+scoped+1.0.0.patch',
    'of a nested one by patch-package': 'patches/sub++deep+1.0.0.patch',
  }
  test.each(Object.entries(patches))('where a patch is declared, on machines that never meet: %s', async (_, patch) => {
    const edit = { [patch]: 'diff', 'node_modules/dep/a.js': 'export const dep = () => 2' }
    const [old, firstSeen, cache] = [write(files), records(), newFolder()]
    const original = await codeIn(old, firstSeen, cache)
    change(old, edit)
    const patched = await codeIn(old, firstSeen, cache)
    expect(patched).not.toBe(original)
    if (patch.includes('dep')) expect(await codeIn(write({ ...files, ...edit }), records())).toBe(patched)
    renameSync(join(old, patch), join(old, 'other.patch'))
    change(old, files)
    expect(await codeIn(old, firstSeen, cache)).toBe(original)
  })

  test('in the layout of pnpm', async () => {
    const { 'main.ts': main = '', ...packages } = files
    const of = (inner: string): Files =>
      Object.fromEntries(
        Object.entries({ ...packages, 'node_modules/dep/a.js': inner }).map(([path, text]) => [
          path.replace('node_modules/', 'node_modules/.pnpm/all/node_modules/'),
          text,
        ]),
      )
    const root = write({ 'main.ts': main, ...of('export const dep = () => 1') })
    symlinkSync(join(root, 'node_modules/.pnpm/all/node_modules/dep'), join(root, 'node_modules/dep'))
    const firstSeen = records()
    const original = await codeIn(root, firstSeen)
    expect(await codeIn(write(files), firstSeen)).toBe(original)
    change(root, of('export const dep = () => 2'))
    expect(await codeIn(root, firstSeen)).not.toBe(original)
  })
})

test('what a package holds is told with the index', async () => {
  const root = write(files)
  const { stages, packages } = await lookAt(root, { firstSeen: records() })
  expect(Object.keys(stages.get('train')?.sources ?? {})).toEqual([
    '@a/scoped@1.0.0',
    'deep@1.0.0',
    'dep@1.0.0',
    'main.ts',
    'maybe@1.0.0',
    'sub@1.0.0',
  ])
  expect([...packages].map(([folder, { id }]) => [folder.slice(root.length + 1), id])).toEqual([
    ['node_modules/@a/scoped', '@a/scoped@1.0.0'],
    ['node_modules/dep', 'dep@1.0.0'],
    ['node_modules/maybe', 'maybe@1.0.0'],
    ['node_modules/sub', 'sub@1.0.0'],
    ['node_modules/sub/node_modules/deep', 'deep@1.0.0'],
  ])
})

test('without a package nothing is looked at', async () => {
  const root = write({
    'main.ts': "import { stage } from 'millrace'\nexport const train = stage('t', { run: () => 1 })",
  })
  const cache = newFolder()
  const asked: string[] = []
  const { packages } = await lookAt(root, { cache, firstSeen: (id) => void asked.push(id) })
  expect([packages.size, asked]).toEqual([0, []])
})
