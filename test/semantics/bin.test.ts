import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const root = join(import.meta.dirname, '../..')
const bin = join(root, 'packages/millrace/bin/millrace.js')

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
enum Level { Low = 1, High = 2 }
export const level = stage('level', { input: z.object({}), output: z.object({ n: z.number() }), run: () => ({ n: Level.High }) })
export const apart = stage('apart', { isolate: 'process', input: z.object({}), output: z.object({ n: z.number() }), run: () => ({ n: Level.Low }) })
export const levels = pipeline('levels', { input: z.object({}), build: () => ({ high: level({}).n, low: apart({}).n }) })
main(import.meta, levels)
`

/** The `millrace` command, in the folder of a program. */
function millrace(folder: string, args: readonly string[]) {
  const node = join(root, 'node_modules/node/bin/node')
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, MILLRACE_STORE: join(folder, 'store') }
  return spawnSync(node, [bin, ...args], { cwd: folder, encoding: 'utf8', env })
}

describe.skipIf(!existsSync(bin))('millrace program.ts', () => {
  test('runs any command of a program, also what only tsx can read, here and in a process of its own', () => {
    const { folder } = program(text)
    const first = millrace(folder, ['program.ts'])
    expect([first.status, first.stdout]).toEqual([0, '{"high":2,"low":1}\n'])
    const plan = millrace(folder, ['program.ts', 'plan', '--json'])
    expect(
      plan.stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { action: string }).action),
    ).toEqual(['cached', 'cached'])
    const wrong = millrace(folder, ['program.ts', '--param', 'x=1'])
    expect([wrong.status, wrong.stderr.split('\n')[0]]).toEqual([
      2,
      'error[unknown-parameter]: pipeline "levels" has no parameter "x"',
    ])
  })

  test('says how it is used, and what is not a program', () => {
    const { folder } = program({ 'program.ts': text, 'other.ts': 'export const x = 1\n' })
    const [none, help, missing, other] = [[], ['--help'], ['nowhere.ts'], ['other.ts']].map((args) =>
      millrace(folder, args),
    )
    expect([none?.status, help?.status, missing?.status, other?.status]).toEqual([2, 0, 2, 2])
    expect(help?.stdout).toContain('Usage: millrace <program>')
    expect(missing?.stderr).toContain('error[usage]: there is no program "nowhere.ts"')
    expect(other?.stderr).toContain('error[usage]: "other.ts" has no command line')
  })
})
