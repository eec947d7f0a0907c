import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as millrace from 'millrace'
import * as config from 'millrace/config'
import { expect, test } from 'vitest'
import { written } from '../../site/reference/write.ts'
import { root } from '../support/processes.ts'

const reference = join(root, 'docs/reference')
const page = (name: string): string => readFileSync(join(reference, name), 'utf8')

test('what is written by a program is as it would be written now: pnpm run docs', async () => {
  const now = await written()
  const there = ['events.schema.json', ...readdirSync(join(reference, 'api')).map((name) => `api/${name}`)]
  expect(there.map((name) => `reference/${name}`).sort()).toEqual([...now.keys()].sort())
  for (const name of there) expect(page(name), name).toBe(now.get(`reference/${name}`))
})

test.each([
  ['millrace', millrace, 'api/millrace.md'],
  ['millrace/config', config, 'api/config.md'],
])('every value that %s exports is told', (_, exports, name) => {
  const told = [...page(name).matchAll(/^### (\w+)/gm)].map(([, heading]) => heading)
  expect(Object.keys(exports).filter((one) => !told.includes(one))).toEqual([])
})

test.each(['api/millrace.md', 'api/config.md'])('every field and every export in %s has its sentence', (name) => {
  const fields = [...page(name).matchAll(/^\| `([\w?]+)` \|.* - \|$/gm)].map(([, field]) => field)
  const bare = page(name)
    .split(/^(?=### )/m)
    .slice(1)
    .map((text) => text.split('\n').filter((line) => line !== ''))
    .filter(([, ...lines]) => !/^(?!#|\||```|>|-)\S/m.test(lines.join('\n').replaceAll(/^```[\s\S]*?^```$/gm, '')))
  expect([fields, bare.map(([heading]) => heading)]).toEqual([[], []])
})
