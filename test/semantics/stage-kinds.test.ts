import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestJson } from '@millrace/ir'
import { stageOf } from '@millrace/sdk'
import { file, pipeline } from 'millrace'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import type { KindCode } from '../../packages/compiler/src/index.ts'
import { givenInput } from '../../packages/millrace/src/program/given-input.ts'
import { prepareProgram } from '../../packages/millrace/src/program/prepare.ts'
import { readProgram } from '../../packages/millrace/src/program/program.ts'
import type { StageKind } from '../../packages/runner/src/index.ts'
import { openStore } from '../../packages/store/src/index.ts'
import { runWithKind } from '../support/run-with-kinds.ts'

/** Stages that are a line of shell: all that a new kind takes is these two. */
const shellCode: KindCode = { kind: 'x-shell', digest: ({ kind, ...more }) => digestJson({ kind, ...more }) }
const shell: StageKind = {
  kind: 'x-shell',
  command: (code) => ({ words: ['sh', '-c', 'runs' in code ? String(code.runs) : ''] }),
}

const io = { input: z.object({ n: z.number() }), output: z.object({ n: z.number(), text: file('text/plain') }) }
const stageOfShell = (name: string, runs: string) => stageOf({ kind: 'x-shell', runs }, name, { ...io, retries: 0 })
const copy = `echo at work; mkdir -p "$MILLRACE_FILES"; printf 'seen' > "$MILLRACE_FILES/seen.txt"
printf '{"name":"size","value":4}\\n' >> "$MILLRACE_METRICS"
printf '{"n":7,"text":"seen.txt"}' > "$MILLRACE_OUTPUT"`
const make = stageOfShell('make', copy)
const fail = stageOfShell('fail', 'exit 3')
const works = pipeline('works', { input: z.object({ n: z.number() }), build: ({ n }) => make({ n }) })
const fails = pipeline('fails', { input: z.object({ n: z.number() }), build: ({ n }) => fail({ n }) })

const run = (of: typeof works | typeof fails, store: string, input: object) =>
  runWithKind(of, { entry: import.meta.filename, store, code: shellCode, kind: shell }, input)

test('a kind of stage is added by a list that compiler and runner are given: run, cached, failed like any other', async () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-kinds-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const first = await run(works, root, { n: 1 })
  const { text, n } = first.output as { n: number; text: { path: string } }
  expect([first.errors, n, readFileSync(text.path, 'utf8')]).toEqual([[], 7, 'seen'])
  const told = first.events.flatMap((event): unknown[] =>
    event.event === 'log' ? [event.message] : event.event === 'metric' ? [[event.name, event.value]] : [],
  )
  expect(told).toEqual(['at work', ['size', 4]])
  const again = await run(works, root, { n: 1 })
  expect([again.counts, again.output]).toEqual([{ ran: 0, cached: 1, skipped: 0, failed: 0 }, first.output])
  expect((await run(works, root, { n: 2 })).counts.ran).toBe(1)
  const failed = await run(fails, root, { n: 1 })
  expect(failed.errors.map(({ code, message }) => [code, message])).toEqual([
    ['process-failed', 'the process of "fail" ended with exit code 3'],
  ])
})

test('a kind that nobody has added is refused', async () => {
  const program = readProgram(works)
  const root = mkdtempSync(join(tmpdir(), 'millrace-kinds-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const prepared = prepareProgram(program, {
    entry: import.meta.filename,
    store: openStore(root),
    importModule: (url) => import(url),
    given: (problems) => givenInput({ n: 1 }, program.name, program.graph.input, problems),
  })
  await expect(prepared).rejects.toThrow('"make" is a x-shell stage, which the target "local" can\'t run yet')
  expect(existsSync(join(root, 'runs'))).toBe(false)
})
