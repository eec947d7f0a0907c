import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { failed, sameAsJson } from './told.ts'

/** A program that calls each stage of a list, one export a line from 10 on. */
const calling = (stages: string): string => `
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
type Run = (input: object, context: any) => any
const one = (name: string, run: Run) => stage(name, { input: z.object({}), output: z.object({ f: file('text/csv') }), run })
const all = (name: string, run: Run) => stage(name, { input: z.object({}), output: z.object({ d: folder(), list: z.array(file()).optional() }), run })
const digest = \`sha256:\${'0'.repeat(64)}\`
const stages = {
${stages}
}
export const demo = pipeline('demo', { input: z.object({}), build: () => {
  for (const called of Object.values(stages)) called()
  return {}
} })
main(import.meta, demo)
`

test('an output outside the folder of the attempt', async () => {
  const text = calling(`  up: one('up', (_, context) => ({ f: context.file('../x.csv') })),
  deep: one('deep', (_, context) => ({ f: context.file('a/../../x.csv') })),
  absolute: one('absolute', (_, context) => ({ f: context.file('/etc/hostname') })),
  empty: one('empty', (_, context) => ({ f: context.file('') })),
  number: one('number', (_, context) => ({ f: context.file(3) })),
  itself: all('itself', (_, context) => ({ d: context.folder('.') })),
  made: one('made', () => ({ f: { path: '/etc/hostname', digest, size: 3 } })),
  relative: one('relative', () => ({ f: { path: '../x.csv', digest, size: 3 } })),
  link: one('link', (_, context) => { const f = context.file('a.csv'); symlinkSync('/etc/hostname', f.path); return { f } }),
  inner: one('inner', (_, context) => { const f = context.file('b.csv'); writeFileSync(context.file('c.csv').path, ''); symlinkSync('c.csv', f.path); return { f } }),
  folder: all('folder', (_, context) => { const d = context.folder('d'); symlinkSync('/etc/hostname', \`\${d.path}/name\`); return { d } }),`)
  expect(await failed(text, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[output-outside]: "up" names "../x.csv" as an output, which is outside its folder
      at program.ts:10:47
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "deep" names "a/../../x.csv" as an output, which is outside its folder
      at program.ts:11:51
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "absolute" names "/etc/hostname" as an output, which is outside its folder
      at program.ts:12:59
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "empty" names "" as an output, which is outside its folder
      at program.ts:13:53
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "number" names "3" as an output, which is outside its folder
      at program.ts:14:55
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "itself" names "." as an output, which is outside its folder
      at program.ts:15:55
      called at program.ts:23:47
      stage at program.ts:7:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "made" names "/etc/hostname" as its output "f", which is outside its folder
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "relative" names "../x.csv" as its output "f", which is outside its folder
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[output-outside]: "link" names "a.csv" as its output "f", which is outside its folder
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    error[invalid-output]: "inner" can't hand out "b.csv": a symbolic link
      called at program.ts:23:47
      stage at program.ts:6:41
      fix: Hand out regular files, and folders of them.
    error[invalid-output]: "folder" can't hand out "d": can't take "d/name": it is a symbolic link
      called at program.ts:23:47
      stage at program.ts:7:41
      fix: Hand out regular files, and folders of them.
    "
  `)
})

test('an output that was not written, or is of the other kind', async () => {
  const text = calling(`  not: one('not', (_, context) => ({ f: context.file('sub/a.csv') })),
  list: all('list', (_, context) => ({ d: context.folder('d'), list: [context.file('one'), context.file('two')] })),
  text: one('text', () => ({ f: 'a.csv' })),
  half: one('half', () => ({ f: { path: 'a.csv' } })),
  folder: one('folder', (_, context) => ({ f: context.folder('a') })),
  file: all('file', (_, context) => { const d = context.file('b'); writeFileSync(d.path, ''); return { d } }),
  other: one('other', (_, context) => { const f = context.file('c'); mkdirSync(f.path); return { f } }),`)
  expect(await failed(text, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[no-output]: "not" names the file "sub/a.csv" in its output and did not write it
      called at program.ts:19:47
      stage at program.ts:6:41
      fix: Write the file before the stage returns.
    error[no-output]: "list" names the file "one" in its output and did not write it
      called at program.ts:19:47
      stage at program.ts:7:41
      fix: Write the file before the stage returns.
    error[invalid-output]: "text" returned what its output schema refuses: f: Invalid input: expected what context.file() gave (it is "a.csv")
      called at program.ts:19:47
      stage at program.ts:6:41
      fix: Return what the output schema says, or correct the schema.
    error[invalid-output]: "half" returned what its output schema refuses: f.digest: Invalid input: expected string, received undefined; f.size: Invalid input: expected number, received undefined
      called at program.ts:19:47
      stage at program.ts:6:41
      fix: Return what the output schema says, or correct the schema.
    error[invalid-output]: "folder" returned a folder as its output "f", which must be a file
      called at program.ts:19:47
      stage at program.ts:6:41
      fix: Use context.file('name') for it, or folder() in the output schema.
    error[invalid-output]: "file" returned a file as its output "d", which must be a folder
      called at program.ts:19:47
      stage at program.ts:7:41
      fix: Use context.folder('name') for it, or file() in the output schema.
    error[invalid-output]: "other" can't hand out "c": can't take "c": it is a folder
      called at program.ts:19:47
      stage at program.ts:6:41
      fix: Hand out regular files, and folders of them.
    "
  `)
})

test('an input that is not what was recorded any more, or is of the other kind', async () => {
  const text = `
import { rmSync, writeFileSync } from 'node:fs'
import { file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'; const paths: Record<string, string> = {}
const written = (name: string) =>
  stage(name, { input: z.object({}), output: z.object({ f: file() }), run: (_, context) => {
    const f = context.file('a.txt')
    writeFileSync((paths[name] = f.path), 'a')
    return { f }
  } })
export const a = written('a')
export const b = written('b')
const spoil = stage('spoil', { cache: false, input: z.object({}), output: z.object({}), run: () => {
  writeFileSync(paths.a!, 'b')
  rmSync(paths.b!)
  return {}
} })
const read = stage('read', { input: z.object({ f: file() }), output: z.object({}), retries: 2, run: () => ({}) })
const list = stage('list', { input: z.object({ d: folder() }), output: z.object({}), run: () => ({}) })
export const demo = pipeline('demo', { input: z.object({ table: file() }), build: ({ table }) => {
  const [m, n] = [a(), b({})], [f, g] = [m.f, n.f]
  const spoilt = spoil.with({ after: [m, n] })({})
  read.with({ after: [spoilt] })({ f })
  read.with({ after: [spoilt] })({ f: g })
  list({ d: table as any })
  return {}
} })
main(import.meta, demo)
`
  const one = program({ 'program.ts': text, 'table.csv': 'a\n' })
  const told = await failed(one, ['--in-process', '--jobs', '1', '--param', 'table=table.csv'])
  expect(told.replace(/attempts\/(\w+)\/<run>-\w+/g, 'attempts/$1/<attempt>')).toMatchInlineSnapshot(`
    "error[invalid-input]: "list" got the folder "table.csv", which is a file
      called at program.ts:25:3
      stage at program.ts:19:14
      fix: Wire a folder into it.
    error[invalid-input]: "read" got the file "store/attempts/a/<attempt>/files/a.txt", whose bytes are not those that were recorded
      called at program.ts:23:33
      stage at program.ts:18:14
      fix: Run again: what is damaged is made anew.
    error[invalid-input]: "read.2" got the file "store/attempts/b/<attempt>/files/a.txt", which isn't there any more
      called at program.ts:24:33
      stage at program.ts:18:14
      fix: Run again: what is lost is made anew.
    "
  `)
})

test('a result that was damaged is made anew', async () => {
  const text = `
import { writeFileSync } from 'node:fs'
import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const a = stage('a', { input: z.object({}), output: z.object({ f: file() }), run: (_, context) => {
  const f = context.file('a.txt')
  writeFileSync(f.path, 'a')
  return { f }
} })
export const demo = pipeline('demo', { input: z.object({}), build: () => a() })
main(import.meta, demo)
`
  const one = program(text)
  expect((await one.run()).code).toBe(0)
  for (const name of readdirSync(join(one.folder, 'store/attempts'), { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('a.txt')) writeFileSync(join(one.folder, 'store/attempts', name), 'b')
  const ran = await one.run(['--progress', 'quiet'])
  expect([ran.code, ran.stderr]).toEqual([0, '1 ran, 0 cached, 0 skipped, 0 failed, <s>\n'])
})

test('assets that are not there, or are not what they should be', async () => {
  const one = program({
    'data/a.csv': 'a\n',
    'program.ts': `
import { asset, file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const output = z.object({})
const gone = (name: string) => asset(new URL(name, import.meta.url))
export const read = stage('read', { input: z.object({ table: file(), more: folder().optional() }), output, run: () => ({}) })
export const other = stage('other', { input: z.object({ table: file().default(gone('./default.csv')) }), output, run: () => ({}) })
export const demo = pipeline('demo', {
  input: z.object({ table: file().default(gone('./data')) }),
  build: ({ table }) => {
    read({ table })
    read({ table: gone('./call.csv') })
    read({ table: gone('./data'), more: gone('./data/a.csv') as any })
    other()
    return {}
  },
})
main(import.meta, demo)
`,
  })
  const ran = await one.run(['--json'])
  expect(ran.code).toBe(2)
  expect(sameAsJson(ran, one)).toMatchObject({ run: null, status: 'failed' })
  expect(ran.stderr).toMatchInlineSnapshot(`
    "error[missing-file]: the asset "default.csv" isn't there
      at program.ts:14:5
      fix: Put the file there, or correct the URL given to asset().
    error[missing-file]: the asset "data" is a folder, and the field that has it as its default must be a file
      at program.ts:8:21
      fix: Name a file, or take a folder in the schema.
    error[missing-file]: the asset "call.csv" isn't there
      at program.ts:12:5
      fix: Put the file there, or correct the URL given to asset().
    error[missing-file]: the asset "data" is a folder, and "table" of "read.3" must be a file
      at program.ts:13:5
      fix: Name a file, or take a folder in the schema.
    error[missing-file]: the asset "data/a.csv" is a file, and "more" of "read.3" must be a folder
      at program.ts:13:5
      fix: Name a folder, or take a file in the schema.
    "
  `)
})
