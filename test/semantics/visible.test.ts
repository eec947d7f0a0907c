import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withChecksum } from '@millrace/ir'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

/** What drives a terminal, ends a line where none ends, or turns the direction of what is read. */
const unseen = [
  '\u001b[2J',
  '\u0007',
  '\u0008',
  '\r',
  '\u007f',
  '\u0085',
  '\u009b31m',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\u0000',
]
const odd = `a${unseen.join('b')}z`
const text = `import { inherit, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const odd = ${JSON.stringify(odd)}
const io = { input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) }
export const says = stage('says', { ...io, env: { ODD: inherit('x') }, run: ({ text }, context) => {
  console.log(odd)
  context.log(odd, { odd })
  context.metric('a' + odd, 1)
  return { text }
} })
export const fails = stage('fails', { ...io, run: () => { throw new Error(odd) } })
export const input = z.object({ text: z.string().default(odd), n: z.literal([odd, 1]).optional() })
export const fine = pipeline('fine', { input, build: ({ text }) => says({ text }) })
export const wrong = pipeline('wrong', { input, build: ({ text }) => fails({ text }) })
main(import.meta, fine, wrong)
`
const none = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u

test('what a stage, a parameter or a file says drives no terminal, and is the same for a program', async () => {
  const one = program(text)
  const words = [
    ['--progress', 'plain'],
    ['--json'],
    ['--json', '--progress', 'plain'],
    ['--progress', 'plain', '--pipeline', 'wrong'],
    ['--json', '--pipeline', 'wrong'],
    ['--param', `text=${odd.replaceAll('\0', '')}`, '--progress', 'plain'],
    ['--param', `n=${odd.replaceAll('\0', '')}?`],
    ['--param', `${odd.replaceAll('\0', '')}=1`],
    ['--pipeline', '\u202enife'],
    ['--from', '\u009bsays'],
    ['\u007frun'],
    ['--\u202ex'],
    ['--params', 'nowhere\u009b.yaml'],
    ['plan'],
    ['plan', '--json'],
    ['graph'],
    ['graph', '--format', 'json'],
    ['graph', '--format', 'dot'],
    ['runs', 'list'],
    ['runs', 'list', '--json'],
    ['runs', 'show'],
    ['runs', 'show', '--json'],
    ['runs', 'logs'],
    ['runs', 'compare'],
    ['runs', 'show', '\u202e'],
    ['--help'],
    ['store', 'prune', '--dry-run'],
  ]
  for (const given of words) {
    const { stdout, stderr } = await one.run(given, { env: { ODD: odd.replaceAll('\0', '') } })
    expect([given, none.exec(stdout)?.index, none.exec(stderr)?.index]).toEqual([given, undefined, undefined])
  }
  const { stdout, events } = await one.run(['--json'])
  expect(events().at(-1)).toMatchObject({ status: 'succeeded', output: { text: odd } })
  expect(stdout).toContain('\\u202e')
  expect(JSON.parse((await one.run([])).stdout)).toEqual({ text: odd })
  const shown = await one.run(['runs', 'show'])
  expect(shown.stdout).toContain('\\u009b31m')
}, 240_000)

test('a store of strangers drives no terminal', async () => {
  const one = program(text)
  await one.run([])
  const runs = join(one.folder, 'store/runs')
  const [id = ''] = readdirSync(runs).filter((name) => /^\d{8}-/.test(name))
  const info = readdirSync(join(runs, id)).find(
    (name) => readFileSync(join(runs, id, name), 'utf8').includes('"pipeline":"fine"') && name.endsWith('.json'),
  )
  const file = join(runs, id, info as string)
  const { value } = JSON.parse(readFileSync(file, 'utf8')) as { value: Record<string, unknown> }
  writeFileSync(file, withChecksum({ ...value, pipeline: `fine${odd}` }))
  mkdirSync(join(one.folder, 'sub\u202e'), { recursive: true })
  for (const given of [
    ['runs', 'list'],
    ['runs', 'show', id],
    ['runs', 'list', '--json'],
  ]) {
    const { stdout, stderr } = await one.run(given)
    expect([given, none.exec(stdout + stderr)?.index]).toEqual([given, undefined])
  }
})
