import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { digestBytes, digestFolderLines } from '@millrace/ir'
import { asset, file, map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { codesOf } from './events.ts'
import { on } from './here.ts'
import type { Kind, Place } from './runtime.ts'
import { look, measure, pass, stamp, write, wrong } from './stages/files.ts'

const lines = (text: string) =>
  [
    ['a.txt', text, false],
    ['run.sh', '#!/bin/sh\n', true],
    ['sub/deeper/🦉.txt', '', false],
    ['sub/ünï.txt', 'ü', false],
  ] as const

export function artifacts(newPlace: () => Place, kind: Kind): void {
  /** A file as it comes back: where stages run on this machine it stays where it is. */
  const same = (path: string, text: string) => ({
    path: kind.stages === 'in pods' ? expect.stringMatching(`/${basename(path)}$`) : path,
    digest: digestBytes(text),
    size: text.length,
  })

  test('files and folders reach the next stage byte by byte', async () => {
    const carried = pipeline('carried', {
      input: z.object({ text: z.string() }),
      build: ({ text }) => {
        const written = on(write)({ text })
        return { written, seen: on(look)(written) }
      },
    })
    const { output } = await newPlace().run(carried, { text: 'línea\r\n' })
    const { written, seen } = output
    expect(seen).toEqual({
      text: 'línea\r\n',
      bytes: [0, 255, 13, 10],
      name: 'naïve 漢字 🦉 #%?.bin',
      lines: lines('línea\r\n').map(([path, text, x]) => `${path} ${x ? 'x' : '-'} ${JSON.stringify(text)}`),
      none: 0,
    })
    const digests = lines('línea\r\n').map(([path, text, executable]) => ({
      path,
      digest: digestBytes(text),
      executable,
    }))
    expect(written.tree).toMatchObject({ digest: digestFolderLines(digests), size: 8 + 10 + 2 })
    expect(written.plain).toMatchObject({ digest: digestBytes('línea\r\n'), size: 8 })
    expect(written.none).toMatchObject({ digest: digestFolderLines([]), size: 0 })
    expect(readFileSync(written.plain.path, 'utf8')).toBe('línea\r\n')
  })

  test('an input artifact may be handed on, and given from outside', async () => {
    const handed = pipeline('handed', {
      input: z.object({
        given: file('text/plain'),
        more: z.array(file('text/plain')).default([]),
        kept: file('text/plain').default(asset(new URL('./stages/asset.txt', import.meta.url))),
      }),
      build: ({ given, more, kept }) => {
        const { tree } = on(write)({ text: 'x' })
        const first = on(pass)({ plain: given, trees: [tree, tree] })
        const second = on(pass)({ plain: first.plain, trees: [] })
        return {
          first,
          second,
          tree,
          all: map(more, (plain) => on(measure)({ plain })),
          kept: on(measure)({ plain: kept }),
        }
      },
    })
    const place = newPlace()
    const [a, b] = ['a', 'b'].map((name) => join(place.folder, `${name}.txt`)) as [string, string]
    for (const path of [a, b]) writeFileSync(path, basename(path, '.txt'))
    const { output } = await place.run(handed, { given: a, more: [a, b] })
    const { first, second, tree, all, kept } = output
    expect(second.plain).toEqual(same(a, 'a'))
    expect(readFileSync(second.plain.path, 'utf8')).toBe('a')
    expect([first.last, second.last, second.size]).toEqual([tree, undefined, 1])
    expect(all).toEqual([
      { digest: digestBytes('a'), tree: null },
      { digest: digestBytes('b'), tree: null },
    ])
    expect(kept.digest).toBe(digestBytes('an asset\n'))
  })

  test("an asset is a stage's own default, or a literal in a call", async () => {
    const stamped = pipeline('stamped', {
      input: z.object({}),
      build: () => {
        const given = asset(new URL('./stages/asset.txt', import.meta.url))
        const own = on(stamp)({})
        return { own, given: on(stamp)({ of: given }), again: on(stamp)({ of: own.of }) }
      },
    })
    const { output } = await newPlace().run(stamped, {})
    const text = 'an asset\n'
    const read = { text, of: same(join(import.meta.dirname, 'stages/asset.txt'), text) }
    expect(output).toEqual({ own: read, given: read, again: read })
  })

  test('what is not an own file is refused', async () => {
    const refused = pipeline('refused', {
      input: z.object({ outside: z.string(), hows: z.array(z.string()) }),
      build: ({ outside, hows }) => ({ out: map(hows, (how) => on(wrong)({ how, outside }).out) }),
    })
    const place = newPlace()
    const outside = await place.put('outside.txt', 'not mine')
    const hows = ['unwritten', 'outside', 'parent', 'link']
    const { status, errors } = await place.run(refused, { outside, hows })
    expect(status).toBe('failed')
    expect(codesOf(errors).sort()).toEqual(['invalid-output', 'invalid-output', 'no-output', 'output-outside'])
  })
}
