import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused, sameAsJson, told } from './told.ts'

const demo = (body: string, before = ''): string => `
import { container, inherit, main, pipeline, python, secret, stage } from 'millrace'
import { z } from 'zod'
${before}
const io = { input: z.object({}), output: z.object({ n: z.int() }) }
export const plain = stage('plain', { ...io, run: () => ({ n: 1 }) })
export const big = stage('big', { ...io, resources: { cpu: 1000, memory: '900Ti' }, run: () => ({ n: 1 }) })
export const envy = stage('envy', { ...io, env: { HUB_TOKEN: inherit(), MODE: inherit('fast') }, run: () => ({ n: 2 }) })
const hidden = stage('hidden', { ...io, run: () => ({ n: 3 }) })
const apart = stage('apart', { ...io, isolate: 'process', run: () => ({ n: 4 }) })
export const demo = pipeline('demo', { input: z.object({}), build: () => {
${body}
} })
main(import.meta, demo)
`

/** The capacity of the machine differs. */
const machine = (text: string): string =>
  text.replace(/(cpu \d+ to )\d+/g, '$1<n>').replace(/(Ti to )\d+Mi/g, '$1<n>Mi')

test('what the local target can not do yet, with what else is wrong', async () => {
  const text = demo(`  python('script', { ...io, script: new URL('./train.py', import.meta.url) })({})
  container('box', { ...io, image: 'alpine', command: ['true'] })()
  plain.with({ workers: 4 })()
  stage('secretive', { ...io, env: { TOKEN: secret('hub', 'token') }, run: () => ({ n: 1 }) })()
  envy()
  hidden.with({ isolate: 'process' })()
  return apart()`)
  const one = program({ 'program.ts': text, 'train.py': '' })
  const ran = await one.run(['--json'])
  expect(ran.code).toBe(2)
  expect(sameAsJson(ran, one)).toMatchObject({ run: null, status: 'failed' })
  expect(ran.stderr).toMatchInlineSnapshot(`
    "error[missing-environment-value]: stage "envy" inherits the variable HUB_TOKEN, which is not set
      at program.ts:16:3
      fix: Set HUB_TOKEN, or give inherit() a default.
    error[not-supported]: "box" is a container stage, which the target "local" can't run yet
      at program.ts:13:65
      fix: Write the stage in TypeScript.
    error[not-supported]: "plain" is a distributed stage of 4 workers, which the target "local" can't run yet
      at program.ts:14:28
      fix: Leave workers out.
    error[not-supported]: "secretive" is a stage with the secret TOKEN, which the target "local" can't run yet
      at program.ts:15:94
      fix: Use inherit() for now.
    error[stage-not-exported]: stage "hidden" runs in a process of its own, and no module exports it
      at program.ts:17:37
      fix: Export it from the module that defines it.
    error[stage-not-exported]: stage "apart" runs in a process of its own, and no module exports it
      at program.ts:18:10
      fix: Export it from the module that defines it.
    "
  `)
})

describe('a stage that no module exports', () => {
  test('runs with a notice, and is not cached', async () => {
    const one = program(demo('  hidden()\n  return hidden()'))
    for (const time of [1, 2]) {
      const ran = await one.run()
      expect([time, ran.code, ran.stdout]).toEqual([time, 0, '{"n":3}\n'])
      expect(ran.stderr).toContain('1 ran, 1 cached')
      expect(ran.stderr.split('\n').filter((line) => line.includes('notice['))).toMatchInlineSnapshot(`
        [
          "<time> notice[stage-not-exported]: no module exports stage "hidden", so its results are not cached (program.ts:12)",
        ]
      `)
    }
  })
})

describe('a variable that is not set', () => {
  test('is missing, and taken when it is there', async () => {
    const one = program(demo('  return envy()'))
    expect(await refused(one)).toMatchInlineSnapshot(`
      "error[missing-environment-value]: stage "envy" inherits the variable HUB_TOKEN, which is not set
        at program.ts:12:10
        fix: Set HUB_TOKEN, or give inherit() a default.
      "
    `)
    expect((await one.run([], { env: { HUB_TOKEN: 'x' } })).stdout).toBe('{"n":2}\n')
  })
})

describe('more than the machine has', () => {
  test('is cut with a notice', async () => {
    const one = program(demo('  big()\n  return plain.with({ resources: { gpu: 64 } })()'))
    const ran = await one.run(['--json'])
    expect(ran.code).toBe(0)
    const notices = ran.events().filter(({ event }) => event === 'notice')
    expect(notices).toHaveLength(1)
    expect(machine(String(notices[0]?.message))).toMatchInlineSnapshot(
      `"this machine has less than asked for; requests were cut: "big" (cpu 1000 to <n>, memory 900Ti to <n>Mi), "plain" (gpu 64 to 0)"`,
    )
    expect(notices[0]).toMatchObject({ code: 'resources-cut', severity: 'notice' })
    const shown = (await one.run()).stderr.split('\n').filter((line) => line.includes('resources-cut'))
    expect(shown.map(machine)).toMatchInlineSnapshot(`
      [
        "<time> notice[resources-cut]: this machine has less than asked for; requests were cut: "big" (cpu 1000 to <n>, memory 900Ti to <n>Mi), "plain" (gpu 64 to 0) (program.ts:12)",
      ]
    `)
  })

  test('is refused by --strict', async () => {
    const text = demo('  big()\n  return plain.with({ resources: { gpu: 64 } })()')
    expect(machine(await refused(text, ['--strict']))).toMatchInlineSnapshot(`
      "error[resources-missing]: "big" asks for more than this machine has: cpu 1000 to <n>, memory 900Ti to <n>Mi
        at program.ts:12:3
        fix: Ask for less with .with({ resources }), run it where it fits, or leave out --strict.
      error[resources-missing]: "plain" asks for more than this machine has: gpu 64 to 0
        at program.ts:13:48
        fix: Ask for less with .with({ resources }), run it where it fits, or leave out --strict.
      "
    `)
  })
})

describe('code', () => {
  test('that can not be bundled', async () => {
    const text = demo('  return usesLost()', "import { usesLost } from './lost-stage.ts'")
    const lost = `
import { stage } from 'millrace'
import { z } from 'zod'
export const usesLost = stage('uses-lost', {
  input: z.object({}),
  output: z.object({}),
  run: async () => (await import('./nowhere.ts')).default,
})
`
    expect(await refused({ 'program.ts': text, 'lost-stage.ts': lost })).toMatchInlineSnapshot(`
      "error[bundle-failed]: "lost-stage.ts" can't be bundled: Cannot find module './nowhere.ts'
        at lost-stage.ts:7:34
        fix: Correct the import of "./nowhere.ts", or install what it names.
      "
    `)
  })

  test('that names a file that is not there', async () => {
    const text = demo('  return reads()', "import { reads } from './reads.ts'")
    const reads = `
import { readFileSync } from 'node:fs'
import { stage } from 'millrace'
import { z } from 'zod'
export const reads = stage('reads', {
  input: z.object({}),
  output: z.object({ n: z.int() }),
  run: () => ({ n: readFileSync(new URL('./words.txt', import.meta.url)).length }),
})
`
    const { code, stdout, stderr } = await program({ 'program.ts': text, 'reads.ts': reads }).run()
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatchInlineSnapshot(`
      "error[missing-file]: there is no file "./words.txt" beside "reads.ts"
        at reads.ts:8:41
        fix: Create "<dir>/words.txt", or correct the path in new URL(…).
      "
    `)
  })

  test('that reads variables when it is loaded gets a notice', async () => {
    const text = demo('  return reads()', "import { reads } from './reads.ts'")
    const reads = `
import { stage } from 'millrace'
import { z } from 'zod'
const words = Number(process.env.WORDS ?? 3)
const { LANG, ...others } = process.env
export const reads = stage('reads', { input: z.object({}), output: z.object({ n: z.int() }), run: () => ({ n: LANG ? words : Object.keys(others).length }) })
`
    const ran = await program({ 'program.ts': text, 'reads.ts': reads }).run()
    expect([ran.code, ran.stdout]).toEqual([0, '{"n":3}\n'])
    expect(ran.stderr.split('\n').filter((line) => line.includes('notice['))).toMatchInlineSnapshot(`
      [
        "<time> notice[environment-at-top-level]: "reads.ts" reads process.env.WORDS when it is loaded; its value is no part of any key, and in a pod it may be missing (reads.ts:4)",
        "<time> notice[environment-at-top-level]: "reads.ts" reads process.env when it is loaded; its variables are no part of any key, and in a pod they may be missing (reads.ts:5)",
      ]
    `)
  })

  test('that finds files where no key counts them gets a notice, and those that are written out do not', async () => {
    const text = `
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { read } from './read.ts'
const io = { input: z.object({ n: z.int().optional() }), output: z.object({ n: z.int() }) }
const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const kind = 'a'
export const beside = stage('beside', { ...io, run: () => ({ n: readFileSync(join(here, 'words.txt')).length }) })
export const again = stage('again', { ...io, run: () => ({ n: read(join(here, 'words.txt')) }) })
export const loads = stage('loads', { ...io, run: () => ({ n: require('./n.json').n }) })
export const picks = stage('picks', { ...io, run: async () => ({ n: (await import(\`./kinds/\${kind}.ts\`)).n }) })
export const counted = stage('counted', {
  ...io,
  run: async () => {
    const { n } = await import('./kinds/a.ts')
    return { n: n + readFileSync(new URL('./words.txt', import.meta.url)).length }
  },
})
export const demo = pipeline('demo', {
  input: z.object({}),
  build: () => [beside(), again(), loads(), picks(), counted()].at(-1),
})
main(import.meta, demo)
`
    const read = `
import { readFileSync } from 'node:fs'
export const read = (path: string): number => readFileSync(new URL(path, import.meta.url)).length
export const unused = (): string => import.meta.dirname
`
    const one = program({
      'program.ts': text,
      'read.ts': read,
      'n.json': '{ "n": 1 }',
      'words.txt': 'one',
      'kinds/a.ts': 'export const n = 1',
    })
    const [first, second] = [await one.run(['run', '--progress', 'plain']), await one.run(['plan'])]
    expect([first.code, first.stdout]).toEqual([0, '{"n":4}\n'])
    const notices = first.stderr.split('\n').filter((line) => line.includes('notice['))
    expect(notices).toMatchInlineSnapshot(`
      [
        "<time> notice[uncounted-file]: stages "again", "beside" find files by import.meta.url, which their keys don't count: when one changes, old results are still taken (program.ts:10)",
        "<time> notice[uncounted-file]: stage "loads" loads code by createRequire(…), which its key doesn't count: when one changes, old results are still taken (program.ts:11)",
        "<time> notice[uncounted-file]: stage "picks" loads code by import(…), which its key doesn't count: when one changes, old results are still taken (program.ts:16)",
        "<time> notice[uncounted-file]: stage "again" finds files by import.meta.url, which its key doesn't count: when one changes, old results are still taken (read.ts:3)",
      ]
    `)
    expect(second.stderr.split('\n').filter((line) => line.includes('notice[')).length).toBe(notices.length)
  })

  test('that was changed after the run began', async () => {
    const text = `
import { appendFileSync } from 'node:fs'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({ n: z.int().optional() }), output: z.object({ n: z.int() }) }
export const edit = stage('edit', {
  ...io,
  run: () => {
    appendFileSync('program.ts', '// edited')
    return { n: 1 }
  },
})
export const after = stage('after', { ...io, isolate: 'process', retries: 3, run: ({ n = 0 }) => ({ n }) })
export const demo = pipeline('demo', { input: z.object({}), build: () => after(edit()) })
main(import.meta, demo)
`
    expect(await told(1, text, ['--progress', 'quiet'])).toMatchInlineSnapshot(`
      "error[wrong-code]: "program.ts" was changed after the run began, so "after" is not what was planned
        called at program.ts:14:74
        stage at program.ts:13:22
        fix: Run again: the changed code is planned anew.
      1 ran, 0 cached, 0 skipped, 1 failed, <s>
      "
    `)
  })
})
