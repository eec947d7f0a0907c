import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { normal } from '../support/processes.ts'
import { program } from '../support/program.ts'

const head = `import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { asset, file, main, pipeline, run, stage } from 'millrace'
import { z } from 'zod'
const wait = async () => {
  while (existsSync('wait')) await sleep(10)
}
`
const s = (value: string, { input = '', more = '' } = {}) =>
  `export const s = stage('s', { ${more}input: z.object({ n: z.number().default(1)${input} }), output: z.object({ v: z.string() }), run: async ({ n, ...others }: any) => ({ v: ${value} }) })\n`
const alone = `export const p = pipeline('p', { input: z.object({}), build: () => s({}) })\nmain(import.meta, p)\n`
/** A stage before it that takes as long as the test wants. */
const behind = `export const slow = stage('slow', { cache: false, input: z.object({}), output: z.object({ n: z.number() }), run: async () => { console.log('at work'); await wait(); return { n: 1 } } })
export const p = pipeline('p', { input: z.object({}), build: () => s({ n: slow({}).n }) })
main(import.meta, p)
`
const said = (text: string): string[] =>
  text.split('\n').filter((line) => /^error|^notice|^ {2}fix:| notice\[/.test(line))
const wrong = (file: string): string[] => [
  `error[wrong-code]: "${file}" was changed after the run began, so "s" is not what was planned`,
  '  fix: Run again: the changed code is planned anew.',
]

describe('a module that is changed after the program has loaded it', () => {
  const files = {
    'h.ts': "export const v = 'A'\n",
    'program.ts': `${head}import { v } from './h.ts'\n${s('v')}console.error('loaded')\nawait wait()\n${alone}`,
    wait: '',
  }

  test('leaves no result under the key of its new code, and says so', async () => {
    const { folder, run, start } = program(files)
    const begun = start()
    await begun.said('loaded')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, begun.stdout()]).toEqual([0, '{"v":"A"}\n'])
    expect(said(normal(begun.stderr(), folder))).toEqual([
      '<time> notice[wrong-code]: "h.ts" was changed after the program was loaded, so results of stage "s" are not cached (program.ts:12)',
    ])
    expect((await run()).stdout).toBe('{"v":"B"}\n')
    const last = await run()
    expect([last.stdout, said(last.stderr)]).toEqual(['{"v":"B"}\n', []])
    expect(last.stderr).toContain('0 ran, 1 cached')
  })

  test('is the cause that plan names', async () => {
    const { folder, start } = program(files)
    const begun = start(['plan'])
    await begun.said('loaded')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    await begun.ended
    expect(begun.stdout()).toBe(
      's     run      "h.ts" was changed after the program was loaded, so nothing of it is cached\n',
    )
    expect(said(begun.stderr())).toEqual([
      'notice[wrong-code]: "h.ts" was changed after the program was loaded, so results of stage "s" are not cached',
      '  fix: Start the program again, so that it loads what the files hold now.',
    ])
  })

  test('keeps a stage from running here and apart', async () => {
    const both = `export const p = pipeline('p', { input: z.object({}), build: () => [s({}), s.with({ isolate: 'process' })({ n: 2 })] as any })\nmain(import.meta, p)\n`
    const { folder, start } = program({ ...files, 'program.ts': files['program.ts'].replace(alone, both) })
    const begun = start()
    await begun.said('loaded')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    expect((await begun.ended).code).toBe(2)
    expect(said(begun.stderr())).toEqual([
      `error[wrong-code]: "h.ts" was changed after the program was loaded, so "s.2" can't run in a process of its own`,
      '  fix: Start the program again, so that it loads what the files hold now.',
    ])
  })

  test('is loaded anew by a stage in a process of its own', async () => {
    const apart = files['program.ts'].replace(s('v'), s('v', { more: "isolate: 'process', " }))
    const { folder, run, start } = program({ ...files, 'program.ts': apart })
    const begun = start()
    await begun.said('loaded')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, begun.stdout(), said(begun.stderr())]).toEqual([0, '{"v":"B"}\n', []])
    expect((await run()).stderr).toContain('0 ran, 1 cached')
  })

  test('does no harm when the run has begun', async () => {
    const text = `${head}import { v } from './h.ts'\n${s("(console.log('at work'), await wait(), v)")}${alone}`
    const { folder, run, start } = program({ ...files, 'program.ts': text })
    const begun = start()
    await begun.said('at work')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, begun.stdout()]).toEqual([0, '{"v":"A"}\n'])
    expect((await run()).stdout).toBe('{"v":"B"}\n')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'A'\n")
    const last = await run()
    expect(last.stdout).toBe('{"v":"A"}\n')
    expect(last.stderr).toContain('0 ran, 1 cached')
  })
})

test('run() a second time in one process, after an edit, keeps nothing of the old code', async () => {
  const { run } = program({
    's.ts': `${head}${s("'A'")}`,
    'program.ts': `import { readFileSync, writeFileSync } from 'node:fs'
import { pipeline, run } from 'millrace'
import { z } from 'zod'
import { s } from './s.ts'
export const p = pipeline('p', { input: z.object({}), build: () => s({}) })
const notices: string[] = []
const tell = async () => console.log((await run(p, {}, { onEvent: (at) => { if (at.event === 'notice') notices.push(at.message) } })).v)
await tell()
if (process.argv[2]) {
  writeFileSync('s.ts', readFileSync('s.ts', 'utf8').replace("v: 'A'", "v: 'B'"))
  await tell()
}
console.log(notices.join())
`,
  })
  expect((await run(['edit'])).stdout).toBe(
    'A\nA\n"s.ts" was changed after the program was loaded, so results of stage "s" are not cached\n',
  )
  expect((await run()).stdout).toBe('B\n\n')
})

describe('a file that a stage reads while it runs', () => {
  const prompt = "readFileSync(new URL('./prompt.txt', import.meta.url), 'utf8')"
  const input = ", prompt: file().default(asset(new URL('./prompt.txt', import.meta.url)) as any)"
  test.each([
    ['an asset', 'prompt.txt', 'A', 'B', s(prompt)],
    ['the default of its input', 'prompt.txt', 'A', 'B', s("readFileSync(others.prompt.path, 'utf8')", { input })],
    [
      'the default of its input, in a process of its own',
      'prompt.txt',
      'A',
      'B',
      s("readFileSync(others.prompt.path, 'utf8')", { input, more: "isolate: 'process', " }),
    ],
    [
      'a module loaded on demand, in this process',
      'late.ts',
      "export const v = 'A'",
      "export const v = 'B'",
      s("(await import('./late.ts')).v"),
      '--in-process',
    ],
  ])(
    '%s is changed before it starts: it fails, and nothing is kept',
    async (_, name, before, after, stage, ...words) => {
      const { folder, run, start } = program({ [name]: before, 'program.ts': `${head}${stage}${behind}`, wait: '' })
      const begun = start(words)
      await begun.said('at work')
      writeFileSync(join(folder, name), after)
      rmSync(join(folder, 'wait'))
      expect([(await begun.ended).code, said(begun.stderr())]).toEqual([1, wrong(name)])
      writeFileSync(join(folder, name), before)
      expect((await run()).stdout).toBe('{"v":"A"}\n')
    },
  )

  test.each([
    ['here', ''],
    ['in a process of its own', "isolate: 'process', "],
  ])('is changed while it runs %s: it fails, and is not tried again', async (_, more) => {
    const text = `${head}${s(`(console.log('at work'), await wait(), ${prompt})`, { more: `retries: 3, ${more}` })}${alone}`
    const { folder, run, start } = program({ 'prompt.txt': 'A', 'program.ts': text, wait: '' })
    const begun = start()
    await begun.said('at work')
    writeFileSync(join(folder, 'prompt.txt'), 'B')
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, said(begun.stderr())]).toEqual([1, wrong('prompt.txt')])
    writeFileSync(join(folder, 'prompt.txt'), 'A')
    expect((await run()).stdout).toBe('{"v":"A"}\n')
  })

  test('lies in a folder: what tools leave there does not count, all else does', async () => {
    const read = `readFileSync(new URL('texts/a.txt', new URL('./', import.meta.url)), 'utf8')`
    const named = `String(new URL('./texts', import.meta.url)).slice(0, 0) + ${read}`
    const text = `${head}${s(`(console.log('at work'), await wait(), ${named})`)}${alone}`
    const { folder, run, start } = program({ 'texts/a.txt': 'A', 'texts/.DS_Store': '', 'program.ts': text, wait: '' })
    const edit = async (name: string) => {
      writeFileSync(join(folder, 'wait'), '')
      const begun = start(['--fresh'])
      await begun.said('at work')
      writeFileSync(join(folder, 'texts', name), 'B')
      rmSync(join(folder, 'wait'))
      return [(await begun.ended).code, said(begun.stderr()).filter((line) => line.startsWith('error'))]
    }
    expect(await edit('.DS_Store')).toEqual([0, []])
    expect(await edit('a.txt')).toEqual([1, wrong('texts').slice(0, 1)])
    expect((await run()).stdout).toBe('{"v":"B"}\n')
  })

  test('may be written by a stage that no other run takes results of', async () => {
    const log = `new URL('./log.txt', import.meta.url)`
    const text = `import { appendFileSync } from 'node:fs'\n${head}${s(`(appendFileSync(${log}, 'x'), readFileSync(${log}, 'utf8'))`, { more: 'cache: false, ' })}${alone}`
    const { run } = program({ 'log.txt': '', 'program.ts': text })
    expect([(await run()).stdout, (await run()).stdout]).toEqual(['{"v":"x"}\n', '{"v":"xx"}\n'])
  })
})

describe('the code of a stage in a process of its own', () => {
  const files = {
    'h.ts': "export const v = 'A'\n",
    'slow.cjs': `const { existsSync } = require('node:fs')
if (process.env.MILLRACE_CHILD) {
  console.log('it starts')
  while (existsSync('wait')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
}
`,
    wait: '',
  }
  const text = (value: string) =>
    `${head}import { v } from './h.ts'\n${s(value, { more: "isolate: 'process', " })}${alone}`
  const slow = { env: { NODE_OPTIONS: '--require ./slow.cjs' } }

  test('is changed before it has read it: it fails, and nothing is kept', async () => {
    const { folder, run, start } = program({ ...files, 'program.ts': text('v') })
    const begun = start([], slow)
    await begun.said('it starts')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, said(begun.stderr())]).toEqual([1, wrong('h.ts')])
    writeFileSync(join(folder, 'h.ts'), "export const v = 'A'\n")
    expect((await run()).stdout).toBe('{"v":"A"}\n')
  })

  test('may be changed when it has read it', async () => {
    const { folder, run, start } = program({
      ...files,
      'program.ts': text("(console.log('at work'), await wait(), v)"),
    })
    const begun = start()
    await begun.said('at work')
    writeFileSync(join(folder, 'h.ts'), "export const v = 'B'\n")
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, begun.stdout()]).toEqual([0, '{"v":"A"}\n'])
    expect((await run()).stdout).toBe('{"v":"B"}\n')
  })
})
