import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { digestJson, formatDiagnostic, type Json } from '@millrace/ir'
import { container, file, folder, pipeline, python, toGraph } from 'millrace'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import type { KindCode } from '../../packages/compiler/src/index.ts'
import type { StageKind } from '../../packages/runner/src/index.ts'
import { runWithKind } from '../support/run-with-kinds.ts'

/** Containers that are run without an engine: what their `local` says. */
const code: KindCode = { kind: 'container', digest: (code) => digestJson({ ...code } as unknown as Json) }
const kind: StageKind = {
  kind: 'container',
  command: (code) => ({ words: code.kind === 'container' ? (code.local ?? code.command) : [] }),
}

/** `sh` with a script, whose arguments are `$1` and so on. */
const script = (text: string) => ['sh', '-euc', text, 'sh'] as const

const io = {
  input: z.object({
    table: file('text/csv'),
    parts: z.array(z.object({ name: z.string(), size: z.number() })),
    threshold: z.number(),
    note: z.string().optional(),
    mode: z.string().default('f\n a"s t'),
  }),
  output: z.object({
    report: file('text/html'),
    model: folder(),
    auc: z.number(),
    seen: z.string(),
    more: z.object({ rows: z.array(z.string()), told: z.boolean().optional() }),
    table: file('text/csv'),
  }),
  image: 'busybox',
}
const score = container('score', {
  command: ({ input, output, given, each }) => [
    ...script(`cat "$1" > "$2"; shift 2; echo weights > "$1/w"; printf 0.5 > "$2"; out="$3"; echo '["a"]' > "$4"; shift 4
      printf '%s\\n' "$@" > "$out"
      printf '{"more":{"told":true},"table":%s}' "$(sed 's/.*"table":\\({[^}]*}\\).*/\\1/' "$MILLRACE_INPUT")" > "$MILLRACE_OUTPUT"`),
    ...[input.table, output.report, output.model, output.auc, output.seen, output.more.rows],
    ['--threshold=', input.threshold],
    each(input.parts, (part) => ['--part', [part.name, ':', part.size]]),
    given(input.note, ['--note', input.note]),
    input.mode,
    input.parts,
  ],
  ...io,
})
const fails = (name: string, text: string, retries = 2) =>
  container(name, {
    retries,
    image: 'busybox',
    input: z.object({ text: z.string() }),
    output: z.object({ n: z.number() }),
    command: ({ input, output }) => [...script(text), output.n, input.text],
  })
const silent = container('silent', {
  image: 'busybox',
  input: z.object({ text: z.string() }),
  output: z.object({}),
  command: ['true'],
})
const none = fails('none', 'true', 0)
const bad = fails('bad', 'echo tired; echo NaN > "$1"')
const twice = fails('twice', 'echo 1 > "$1"; echo \'{"n":1}\' > "$MILLRACE_OUTPUT"')
const over = fails('over', 'echo 1 > "$1"')

const works = pipeline('works', {
  input: z.object({ table: file('text/csv'), note: z.string().optional() }),
  build: ({ table, note }) =>
    score({
      ...{ table, note, threshold: 1e-7 },
      parts: [
        { name: 'a b', size: 1 },
        { name: '$(c)', size: 2 },
      ],
    }),
})
const text = z.object({ text: z.string() })
const of = {
  silent: pipeline('p', { input: text, build: ({ text }) => silent({ text }) }),
  none: pipeline('p', { input: text, build: ({ text }) => none({ text }) }),
  bad: pipeline('p', { input: text, build: ({ text }) => bad({ text }) }),
  twice: pipeline('p', { input: text, build: ({ text }) => twice({ text }) }),
  over: pipeline('p', { input: text, build: ({ text }) => over({ text }) }),
}

async function run(pipeline: typeof works | (typeof of)[keyof typeof of], store: string, input: object) {
  const ran = await runWithKind(pipeline, { entry: import.meta.filename, store, code, kind }, input)
  return { ...ran, retried: ran.events.filter(({ event }) => event === 'stage.retried').length }
}

function place(): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-words-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return root
}

test('a program that knows nothing of us is given values and paths, and what it writes is the output', async () => {
  const root = place()
  const table = join(root, 'table.csv')
  writeFileSync(table, 'a,b\n')
  const first = await run(works, join(root, 'store'), { table, note: '' })
  expect(first.errors).toEqual([])
  const output = first.output as Record<string, Json> & { [name: string]: { readonly path: string } }
  const read = (path: string | undefined) => readFileSync(path ?? '', 'utf8')
  expect(output).toMatchObject({ auc: 0.5, more: { rows: ['a'], told: true } })
  expect(output.report?.path).toMatch(/files\/report\.html$/)
  expect([output.report?.path, output.table?.path, `${output.model?.path}/w`].map(read)).toEqual([
    ...['a,b\n', 'a,b\n', 'weights\n'],
  ])
  expect(output.seen).toBe(
    [
      ...['--threshold=1e-7', '--part', 'a b:1', '--part', '$(c):2', '--note', '', 'f', ' a"s t'],
      '[{"name":"a b","size":1},{"name":"$(c)","size":2}]',
    ].join('\n'),
  )
  const again = await run(works, join(root, 'store'), { table, note: '' })
  expect([again.counts, again.output]).toEqual([{ ran: 0, cached: 1, skipped: 0, failed: 0 }, first.output])
  const other = await run(works, join(root, 'store'), { table })
  expect((other.output as { seen: string }).seen).not.toContain('--note')
})

test('what fails, and is not tried again', async () => {
  const root = place()
  const errorOf = async (name: keyof typeof of, text = 'x') => {
    const { errors, retried } = await run(of[name], root, { text })
    expect(retried).toBe(0)
    return errors.map((error) => formatDiagnostic({ ...error, at: { pipeline: null, node: null } }))
  }
  expect(await errorOf('silent')).toEqual([
    'error[no-output]: the process of "silent" ended with 0 and without an output\n  fix: Return the output; do not end the process inside the stage.',
  ])
  expect(await errorOf('none')).toEqual([
    'error[no-output]: the process of "none" did not write its output "n"\n  fix: Write it to the path that stands for output.n among its words.',
  ])
  expect(await errorOf('bad')).toEqual([
    `error[invalid-output]: the process of "bad" wrote what is no JSON (Unexpected token 'N', "NaN\n" is not valid JSON) as its output "n"\n  fix: Write its value as JSON.`,
  ])
  expect(await errorOf('twice')).toEqual([
    'error[invalid-output]: the process of "twice" gave its output "n" twice: in output.json, and in a file of its own\n  fix: Leave it out of output.json, or leave its path out of the words.',
  ])
  expect(await errorOf('over', 'a\0b')).toEqual([
    'error[invalid-word]: "over": the word of "input.text" holds a NUL character, which no word can\n  fix: Leave it out.',
  ])
  expect(await errorOf('over', 'x'.repeat(131_072))).toEqual([
    'error[invalid-word]: "over": the word of "input.text" has 129 KiB; a word may have 128 KiB\n  fix: Put it in a file, and give its path.',
  ])
})

test('in the Graph words are plain data, and what a script includes stands by its place in the package', () => {
  const root = join(import.meta.dirname, '../.tmp', `graph-${process.pid}`)
  mkdirSync(join(root, 'data'), { recursive: true })
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries({ 'package.json': '{}', 'fit.py': '', 'data/a.csv': '' }))
    writeFileSync(join(root, name), text)
  const url = (name: string) => pathToFileURL(join(root, name))
  const fit = python('fit', {
    script: url('fit.py'),
    include: [url('data/a.csv'), new URL(`${url('data')}/`)],
    args: ({ input, output, given }) => ['--n', input.n, given(input.note, [['--note=', input.note]]), output.n],
    input: z.object({ n: z.number(), note: z.string().optional() }),
    output: z.object({ n: z.number() }),
  })
  const graph = toGraph(pipeline('p', { input: z.object({}), build: () => fit({ n: 1 }) }))
  expect(graph.stages.fit).toMatchObject({
    kind: 'python',
    script: './fit.py',
    include: ['./data/a.csv', './data'],
    args: [
      '--n',
      { input: ['n'] },
      { given: { input: ['note'] }, words: [['--note=', { input: ['note'] }]] },
      { output: ['n'] },
    ],
  })
})
