import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const head = "import { pipeline, run, stage } from 'millrace'\nimport { z } from 'zod'\n"
const s = (value: string, more = '') =>
  `stage('s', { ${more}input: z.object({}), output: z.object({ v: z.number() }), run: () => ({ v: ${value} }) })`
/** Runs `s` at the top of a module, and tells how it ended and what was noticed. */
const running = (text: string) => `${head}${text}
export const p = pipeline('p', { input: z.object({}), build: () => s({}) })
const told: string[] = []
const { v } = await run(p, {}, { onEvent: (at) => { if (/^stage.(succeeded|cached)$/.test(at.event)) told.push(at.event); if (at.event === 'notice') told.push(at.message) } })
console.log(v, told.join(', '))
`
const unknown = 'no module exports stage "s", so its results are not cached'

describe('run() from code, in the module that defines the stages', () => {
  test.each([
    ['made by an exported function of another module', "import { mk } from './f.ts'\nexport const s = mk(VALUE)"],
    [
      'made by a function below an exported constant',
      `export const width = 10\nexport function mk() {\n  return ${s('VALUE')}\n}\nexport const s = mk()`,
    ],
    ['made within a list', `export const width = 10\nconst [s] = [${s('VALUE')}] as const`],
    ['that a condition picks', `export const s = process.argv.length > 99 ? ${s('0')} : ${s('VALUE')}`],
  ])('a stage %s is not taken for an export', async (_, text) => {
    const { folder, run } = program({
      'f.ts': `${head}export const mk = (n: number) => ${s('n')}\n`,
      'program.ts': running(text.replace('VALUE', '1')),
    })
    expect((await run()).stdout).toBe(`1 ${unknown}, stage.succeeded\n`)
    writeFileSync(join(folder, 'program.ts'), running(text.replace('VALUE', '2')))
    expect((await run()).stdout).toBe(`2 ${unknown}, stage.succeeded\n`)
  })

  test.each([
    ['export const', `export const s = ${s('1')}`],
    ['export const on two lines', `export const s =\n  ${s('1')}`],
    ['export const by a namespace', `import * as m from 'millrace'\nexport const s = m.${s('1')}`],
  ])('a stage that is written as %s is one', async (_, text) => {
    const { run } = program({ 'program.ts': running(text) })
    expect([(await run()).stdout, (await run()).stdout]).toEqual(['1 stage.succeeded\n', '1 stage.cached\n'])
  })
})

describe('run() from code, in another module', () => {
  const stages = (value: string, more = '') =>
    `${head}export const width = 10\nfunction mk() {\n  return ${s(value, more)}\n}\nconst made = mk()\nexport { made as s }\n`
  const main = running("import { s } from './stages.ts'")

  test('a stage that a function made is found by what the module exports', async () => {
    const { folder, run } = program({ 'stages.ts': stages('1'), 'program.ts': main })
    expect([(await run()).stdout, (await run()).stdout]).toEqual(['1 stage.succeeded\n', '1 stage.cached\n'])
    writeFileSync(join(folder, 'stages.ts'), stages('2'))
    expect((await run()).stdout).toBe('2 stage.succeeded\n')
  })

  test('also in a process of its own', async () => {
    const { run } = program({ 'stages.ts': stages('1', "isolate: 'process', "), 'program.ts': main })
    expect([(await run()).stdout, (await run()).stdout]).toEqual(['1 stage.succeeded\n', '1 stage.cached\n'])
  })

  test('a module that was not loaded is not', async () => {
    const { run } = program({
      'stages.ts': stages('1'),
      'program.ts': `${main}\nif (process.argv.length > 99) await import('./never.ts')\n`,
      'never.ts': "console.log('loaded')\n",
    })
    expect((await run()).stdout).toBe('1 stage.succeeded\n')
  })
})
