import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { asset, file, folder, stage } from 'millrace'
import { z } from 'zod'

/** Writes files and a folder, with every name that is hard. */
export const write = stage('write', {
  input: z.object({ text: z.string() }),
  output: z.object({ plain: file('text/plain'), nested: file(), tree: folder(), none: folder() }),
  run: ({ text }, context) => {
    const plain = context.file('plain.txt')
    writeFileSync(plain.path, text)
    const nested = context.file('deep/er/naïve 漢字 🦉 #%?.bin')
    writeFileSync(nested.path, new Uint8Array([0, 255, 13, 10]))
    const tree = context.folder('tree')
    const put = (name: string, content: string, executable = false) => {
      const path = join(tree.path, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      if (executable) chmodSync(path, 0o755)
    }
    put('a.txt', text)
    put('run.sh', '#!/bin/sh\n', true)
    put('sub/ünï.txt', 'ü')
    put('sub/deeper/🦉.txt', '')
    mkdirSync(join(tree.path, 'empty/inner'), { recursive: true })
    return { plain, nested, tree, none: context.folder('none') }
  },
})

/** What lies in a folder: path, mode and text. */
export const look = stage('look', {
  input: z.object({ plain: file('text/plain'), nested: file(), tree: folder(), none: folder() }),
  output: z.object({
    text: z.string(),
    bytes: z.array(z.int()),
    name: z.string(),
    lines: z.array(z.string()),
    none: z.int(),
  }),
  run: ({ plain, nested, tree, none }) => ({
    text: readFileSync(plain.path, 'utf8'),
    bytes: [...readFileSync(nested.path)],
    name: basename(nested.path),
    lines: readdirSync(tree.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name)
        const executable = (statSync(path).mode & 0o100) > 0
        return `${relative(tree.path, path)} ${executable ? 'x' : '-'} ${JSON.stringify(readFileSync(path, 'utf8'))}`
      })
      .sort(),
    none: readdirSync(none.path).length,
  }),
})

/** Hands its input on. */
export const pass = stage('pass', {
  input: z.object({ plain: file('text/plain'), trees: z.array(folder()) }),
  output: z.object({ plain: file('text/plain'), last: folder().optional(), size: z.int() }),
  run: ({ plain, trees }) => ({ plain, last: trees.at(-1), size: plain.size }),
})

export const measure = stage('measure', {
  input: z.object({ plain: file('text/plain').optional(), tree: folder().nullable().default(null) }),
  output: z.object({ digest: z.string().nullable(), tree: z.string().nullable() }),
  run: ({ plain, tree }) => ({ digest: plain?.digest ?? null, tree: tree?.digest ?? null }),
})

/** Reads a file of the repository unless it is given another, and hands it on. */
export const stamp = stage('stamp', {
  input: z.object({ of: file('text/plain').default(asset(new URL('./asset.txt', import.meta.url))) }),
  output: z.object({ text: z.string(), of: file('text/plain') }),
  run: ({ of }) => ({ text: readFileSync(of.path, 'utf8'), of }),
})

/** Hands out what it may not. */
export const wrong = stage('wrong', {
  input: z.object({ how: z.string(), outside: z.string() }),
  output: z.object({ out: z.union([file(), folder()]) }),
  run: ({ how, outside }, context) => {
    if (how === 'unwritten') return { out: context.file('never.txt') }
    if (how === 'outside') return { out: { path: outside } as never }
    if (how === 'parent') return { out: context.file('../escaped.txt') }
    const out = context.folder('links')
    symlinkSync(outside, join(out.path, 'link'))
    return { out }
  },
})
