import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const read = stage('read', {
  input: z.object({ data: file(), parts: folder() }),
  output: z.object({ text: z.string() }),
  run: async ({ data, parts }) => {
    console.log('at work')
    while (existsSync('wait')) await sleep(10)
    return { text: readFileSync(data.path, 'utf8') + readFileSync(\`\${parts.path}/a.txt\`, 'utf8') }
  },
})
export const reading = pipeline('reading', {
  input: z.object({ data: file(), parts: folder() }),
  build: ({ data, parts }) => read({ data, parts }),
})
main(import.meta, reading)
`
const words = ['--param', 'data=data.txt', '--param', 'parts=parts']

test.each(['data.txt', 'parts/a.txt'])(
  '%s changes while a stage reads it: nothing is kept under its old content',
  async (name) => {
    const { folder, run, start } = program({ 'program.ts': text, 'data.txt': 'A', 'parts/a.txt': '1', wait: '' })
    const begun = start(words)
    await begun.said('at work')
    const path = join(folder, name)
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, 'X')
    rmSync(join(folder, 'wait'))
    expect((await begun.ended).code).toBe(1)
    const [kind, shown] = name === 'data.txt' ? ['file', 'data.txt'] : ['folder', 'parts']
    expect(
      begun
        .stderr()
        .split('\n')
        .filter((line) => /^error|fix:/.test(line)),
    ).toEqual([
      `error[invalid-input]: "read" got the ${kind} "${shown}", which changed while it ran`,
      '  fix: Run again when nothing writes there; a stage writes to context.file() and context.folder() only.',
    ])
    writeFileSync(path, before)
    expect((await run(words)).stdout).toBe('{"text":"A1"}\n')
  },
)

test('a file that is written anew with the same bytes while a stage reads it is the same file', async () => {
  const { folder, start } = program({ 'program.ts': text, 'data.txt': 'A', 'parts/a.txt': '1', wait: '' })
  const begun = start(words)
  await begun.said('at work')
  writeFileSync(join(folder, 'data.txt'), 'A')
  rmSync(join(folder, 'wait'))
  expect([(await begun.ended).code, begun.stdout()]).toEqual([0, '{"text":"A1"}\n'])
})

test('a file above 1 GiB changes in its last byte while a stage reads it', async () => {
  const { folder, run, start } = program({
    'program.ts': text
      .replace(
        "readFileSync(data.path, 'utf8')",
        'String(readSync(openSync(data.path), Buffer.alloc(1), 0, 1, 2 ** 30))',
      )
      .replace('existsSync, ', 'existsSync, openSync, readSync, '),
    'data.txt': '',
    'parts/a.txt': '1',
    wait: '',
  })
  const path = join(folder, 'data.txt')
  const last = (byte: number): void => {
    const fd = openSync(path, 'r+')
    writeSync(fd, Buffer.from([byte]), 0, 1, 2 ** 30)
    closeSync(fd)
  }
  last(0)
  const begun = start(words)
  await begun.said('at work')
  last(7)
  rmSync(join(folder, 'wait'))
  expect((await begun.ended).code).toBe(1)
  expect(begun.stderr()).toContain('error[invalid-input]: "read" got the file "data.txt", which changed while it ran\n')
  last(0)
  expect((await run(['plan', ...words])).stdout).toBe('read  run      it failed in the last run\n')
})

test('what --fresh made last is the newest, also when the clock was set back', async () => {
  const { folder, run } = program({
    'clock.mjs': `const back = Number(process.env.BACK ?? 0), now = Date.now; Date.now = () => now() - back`,
    'program.ts': `
import './clock.mjs'
import { readFileSync } from 'node:fs'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const read = stage('read', {
  input: z.object({}),
  output: z.object({ text: z.string() }),
  run: () => ({ text: readFileSync('value', 'utf8') }),
})
export const reading = pipeline('reading', { input: z.object({}), build: () => read({}) })
main(import.meta, reading)
`,
  })
  const write = (text: string): void => writeFileSync(join(folder, 'value'), text)
  write('1')
  await run()
  write('2')
  await run(['--fresh'])
  write('3')
  const back = { env: { BACK: '3600000' } }
  expect((await run(['--fresh'], back)).stdout).toBe('{"text":"3"}\n')
  expect((await run()).stdout).toBe('{"text":"3"}\n')
  expect((await run([], back)).stdout).toBe('{"text":"3"}\n')
  const ids = (await run(['runs', 'list', '--json'])).events().map(({ counts }) => (counts as { ran: number }).ran)
  expect(ids).toEqual([0, 0, 1, 1, 1])
})
