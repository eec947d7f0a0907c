import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyOf } from '../examples/copy.ts'
import { examples, makeGoldens } from './examples.ts'
import type { Goldens } from './print.ts'

const kept = (path: string, file: keyof Goldens): string => readFileSync(join(path, 'golden', file), 'utf8')
const files = ['graph.json', 'graph.mmd', 'plan.json'] as const

test('there are examples', () => {
  expect(examples.map(({ folder }) => folder)).toEqual(expect.arrayContaining(['01-hello', '03-shapes']))
})

describe.each(examples)('$folder', ({ path, name }) => {
  test('gives what its golden folder holds (pnpm golden rewrites it)', async () => {
    const made = await makeGoldens(path, name)
    for (const file of files) expect(made[file]).toBe(kept(path, file))
  })

  test('gives the same bytes from another folder, in another time zone and language', async () => {
    const copy = copyOf(path)
    const env = { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', MILLRACE_STORE: '/nowhere' }
    const made = await makeGoldens(copy.path, name, env)
    for (const file of files) expect(made[file]).toBe(kept(path, file))
  })

  test('its manifests are what compile gives, from another folder, in another language', async () => {
    const copy = copyOf(path)
    const checked = await copy.run(`LC_ALL=tr_TR.UTF-8 node_modules/.bin/tsx ${name}.ts compile --check`)
    expect([checked.code, checked.stdout, checked.stderr]).toEqual([0, '', `deploy/${name}/onprem is up to date\n`])
  })
})

test('the command graph prints it', async () => {
  const { path, name } = examples[0] as (typeof examples)[0]
  const copy = copyOf(path)
  const json = await copy.run(`node_modules/.bin/tsx ${name}.ts graph --format json`)
  expect([json.code, json.stdout]).toEqual([0, kept(path, 'graph.json')])
  const mermaid = await copy.run(`node_modules/.bin/tsx ${name}.ts graph`)
  expect([mermaid.code, mermaid.stdout]).toEqual([0, kept(path, 'graph.mmd')])
})
