import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Json, Schema } from '@millrace/ir'
import { file, folder, specOf, stage, stageDefinition } from '@millrace/sdk'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { Artifacts } from '../src/artifacts.ts'
import { fieldFileName } from '../src/field-file-name.ts'
import { WordOutputs } from '../src/word-outputs.ts'

const output = z.object({
  report: file('text/html'),
  model: folder(),
  text: z.string(),
  n: z.number(),
  maybe: z.string().nullable().optional(),
  more: z.object({ x: z.number(), y: z.string(), csv: file('text/csv') }).optional(),
  files: z.array(file()).optional(),
})
const run = () => ({}) as never
const definition = stageDefinition(stage('score', { input: z.object({}), output, run }))
const schema: Schema = definition ? specOf(definition).output : {}

function outputs() {
  const root = mkdtempSync(join(tmpdir(), 'millrace-words-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const files = join(root, 'files')
  mkdirSync(files)
  const artifacts = new Artifacts('score', () => files, {})
  return { root, artifacts, places: new WordOutputs('score', schema, join(root, 'values'), artifacts) }
}

/** What becomes of one place after `write` did something there. */
function after(field: string, write: (path: string) => void, told: Json = {}) {
  const { places } = outputs()
  write(places.pathOf(field.split('.')))
  try {
    return places.read(told)
  } catch (error) {
    const { code, message, fix, retry, path } = error as Record<string, unknown>
    return `${code}${retry ? ', again' : ''}: ${message} (${path}) ${fix}`
  }
}
const writing = (content: string | Buffer) => (path: string) => writeFileSync(path, content)

test('paths: files and folders among the files, values beside them, named by their fields', () => {
  const { root, places } = outputs()
  const paths = ['report', 'model', 'text', 'n', 'more.x', 'more.csv'].map((one) => places.pathOf(one.split('.')))
  expect(paths.map((path) => path.replace(root, ''))).toEqual([
    ...['/files/report.html', '/files/model', '/values/text.txt', '/values/n.json', '/values/more.x.json'],
    '/files/more.csv.csv',
  ])
  expect(paths.map((path) => existsSync(path))).toEqual([false, true, false, false, false, false])
  expect(paths.every((path) => existsSync(dirname(path)))).toBe(true)
  expect(fieldFileName(['a.b', '..', 'é/', ''])).toBe('a%2Eb.%2E%2E.%C3%A9%2F.%')
  expect(fieldFileName(['x'.repeat(300)], 'text/csv; charset=utf-8')).toMatch(/^x{100}-[0-9a-f]{16}\.csv$/)
})

test('all is one output: values of files, of output.json, files and folders', async () => {
  const { places, artifacts } = outputs()
  const path = (field: string) => places.pathOf(field.split('.'))
  writeFileSync(path('report'), '<p>')
  path('model')
  writeFileSync(path('n'), ' 0.5\n')
  writeFileSync(path('more.x'), '1')
  writeFileSync(path('more.csv'), 'a')
  path('maybe')
  const read = places.read({ text: 'told', more: { y: 'y' } })
  const settled = (await artifacts.settle(read)) as { report: object; model: object; more: { csv: object } }
  expect(settled).toMatchObject({ text: 'told', n: 0.5, more: { x: 1, y: 'y' } })
  expect(Object.keys(settled).sort()).toEqual(['model', 'more', 'n', 'report', 'text'])
  expect([settled.report, settled.model, settled.more.csv]).toEqual([
    expect.objectContaining({ size: 3 }),
    expect.objectContaining({ size: 0 }),
    expect.objectContaining({ size: 1 }),
  ])
})

test('texts lose one newline, JSON is parsed, what may be null is JSON', () => {
  expect(after('text', writing('a\n\n'))).toEqual({ text: 'a\n' })
  expect(after('text', writing(''))).toEqual({ text: '' })
  expect(after('text', writing('\ufeffé'))).toEqual({ text: '\ufeffé' })
  expect(after('n', writing('{"a":[1]}\n'))).toEqual({ n: { a: [1] } })
  expect(after('maybe', writing('null'))).toEqual({ maybe: null })
  expect(after('maybe', writing('"a"'))).toEqual({ maybe: 'a' })
})

test('what is not written: an error, unless it may be absent or is told in output.json', () => {
  const nothing = () => {}
  expect(after('n', nothing)).toBe(
    'no-output, again: the process of "score" did not write its output "n" (n) Write it to the path that stands for output.n among its words.',
  )
  expect(after('report', nothing)).toBe(
    'no-output, again: the process of "score" did not write its output "report" (report) Write it to the path that stands for output.report among its words.',
  )
  expect(after('maybe', nothing)).toEqual({})
  expect(after('more.x', nothing)).toEqual({})
  expect(after('more.csv', nothing)).toEqual({})
  expect(after('n', nothing, { n: 3 })).toEqual({ n: 3 })
  expect(after('model', nothing, { model: 'other' })).toEqual({
    model: { path: expect.stringMatching(/files\/other$/) },
  })
})

test('what is given twice', () => {
  const twice = (field: string) =>
    `invalid-output: the process of "score" gave its output "${field}" twice: in output.json, and in a file of its own (${field}) Leave it out of output.json, or leave its path out of the words.`
  expect(after('n', writing('1'), { n: 1 })).toBe(twice('n'))
  expect(after('more.x', writing('1'), { more: 3 })).toBe(twice('more.x'))
  expect(after('more.x', writing('1'), { more: { x: null } })).toBe(twice('more.x'))
  expect(after('report', writing('1'), { report: 'report.html' })).toBe(twice('report'))
  expect(after('model', (path) => writeFileSync(join(path, 'a'), ''), { model: 'm' })).toBe(twice('model'))
  expect(after('n', writing('1'), [3])).toEqual([3])
})

test('what is no value of its kind', () => {
  const wrong = (what: string, field: string, fix: string) =>
    `invalid-output: the process of "score" wrote ${what} as its output "${field}" (${field}) ${fix}`
  expect(after('n', writing('nan'))).toBe(
    wrong(`what is no JSON (Unexpected token 'a', "nan" is not valid JSON)`, 'n', 'Write its value as JSON.'),
  )
  expect(after('n', writing('\n'))).toBe(wrong('an empty file, which is no JSON,', 'n', 'Write its value as JSON.'))
  const utf8 = 'Write text in UTF-8, or say file() in the output schema.'
  expect(after('text', writing(Buffer.from([0xe9])))).toBe(wrong('what is not UTF-8', 'text', utf8))
  expect(after('n', writing(Buffer.from([0xe9])))).toBe(wrong('what is not UTF-8', 'n', utf8))
  const odd = wrong('what is no regular file', 'n', 'Write a file to the path that it is given.')
  expect(after('n', (path) => mkdirSync(path))).toBe(odd)
  expect(after('n', (path) => symlinkSync('/etc/hostname', path))).toBe(odd)
  expect(after('text', writing('x'.repeat(2 ** 20)))).toEqual({ text: 'x'.repeat(2 ** 20) })
  expect(after('text', writing('x'.repeat(2 ** 20 + 1)))).toBe(
    'output-too-large: the process of "score" wrote more than 1024 KiB as its output "text" (text) Say file() in the output schema, and write the large part there.',
  )
})

test.skipIf(process.getuid?.() === 0)('a file that nobody may read', () => {
  const lock = (path: string) => {
    writeFileSync(path, '1')
    chmodSync(path, 0)
  }
  expect(after('n', lock)).toContain('wrote a file that nobody may read as its output "n"')
})

test('files in values are paths among the files, as in output.json', () => {
  const { places } = outputs()
  writeFileSync(places.pathOf(['files']), '["a.txt", "b/c.txt"]')
  expect(places.read({})).toEqual({
    files: [{ path: expect.stringMatching(/files\/a\.txt$/) }, { path: expect.stringMatching(/files\/b\/c\.txt$/) }],
  })
})
