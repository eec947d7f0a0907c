import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { digestBytes } from '@millrace/ir'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { inherit, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const env = { TOKEN: inherit(), MODE: inherit('fast'), FIXED: 'in the code' }
const io = { input: z.object({}), output: z.object({ length: z.int(), same: z.boolean() }), env }
const run = (_: unknown, { env }: { env: Readonly<Record<string, string>> }) => ({ length: env.TOKEN.length, same: env.TOKEN === process.env.TOKEN })
export const here = stage('here', { ...io, run })
export const apart = stage('apart', { ...io, run: (input, context) => run(input, context), isolate: 'process' })
export const fails = stage('fails', { ...io, isolate: 'process', run: () => { throw new Error('no') } })
export const demo = pipeline('demo', { input: z.object({}), build: () => ({ here: here(), apart: apart() }) })
export const broken = pipeline('broken', { input: z.object({}), build: () => fails() })
main(import.meta, demo, broken)
`
const config = `import { defineConfig, laptop, onPrem, volume } from 'millrace/config'
export default defineConfig({ environments: { laptop: laptop(), onprem: onPrem({ namespace: 'ml', store: volume({ size: '20Gi' }), env: { TOKEN: 'of the cluster' } }) } })
`
const token = 'hunter2-and-a-little-more'
const other = 'hunter3-and-quite-a-lot-more'

/** All files below a folder, with what they hold. */
const all = (folder: string): (readonly [string, string])[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')] as const)

test('what a stage inherits reaches the stage, and stands nowhere: only its digest, in a file for its owner', async () => {
  const one = program({ 'program.ts': text, 'millrace.config.ts': config })
  const said: string[] = []
  const run = async (words: readonly string[], given = token) => {
    const ran = await one.run(words, { env: { TOKEN: given } })
    said.push(ran.stdout, ran.stderr)
    return ran
  }
  const fine = { here: { length: token.length, same: true }, apart: { length: token.length, same: true } }
  expect(JSON.parse((await run([])).stdout)).toEqual(fine)
  expect((await run(['--json'])).events().at(-1)).toMatchObject({ counts: { ran: 0, cached: 2 }, output: fine })
  expect((await run(['--pipeline', 'broken'])).code).toBe(1)
  const planned = await run(['plan'], other)
  expect(planned.stdout).toMatch(/^here +run +env TOKEN changed\napart +run +env TOKEN changed\n$/)
  expect((await run([], other)).stderr).toContain('2 ran, 0 cached')
  for (const words of [
    ['runs', 'show', '--json'],
    ['runs', 'show'],
    ['runs', 'compare'],
    ['check'],
    ['graph', '--format', 'json'],
  ])
    expect([words, (await run(words)).code]).toEqual([words, 0])
  const diff = await run(['diff', 'laptop', 'onprem'])
  const digest = digestBytes(token)
  expect(diff.stdout).toContain(`variable TOKEN  env.TOKEN  <digest> → of the cluster\n`)
  const files = all(one.folder)
  const records = files.filter(([path]) => path.endsWith('/record.json'))
  expect(records).toHaveLength(4)
  expect(records.some(([, content]) => content.includes(digest))).toBe(true)
  expect(records.map(([path]) => (statSync(path).mode & 0o777).toString(8))).toEqual(records.map(() => '600'))
  for (const secret of [token, other]) {
    expect(files.filter(([, content]) => content.includes(secret)).map(([path]) => path)).toEqual([])
    expect(said.filter((output) => output.includes(secret))).toEqual([])
  }
})

test('a stage of this process that changes its variables does not change what another inherits', async () => {
  const changing = text
    .replace(
      "stage('here', { ...io, run })",
      "stage('here', { ...io, run: (_, { env }) => { process.env.TOKEN = 'changed'; return { length: env.TOKEN.length, same: true } } })",
    )
    .replace(
      'apart: apart()',
      'apart: apart.with({ isolate: undefined, retries: 1 })(), again: apart.with({ after: [here()] })()',
    )
  const { code, stdout } = await program(changing).run(['--jobs', '1'], { env: { TOKEN: token } })
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { here: { length: token.length }, again: { length: token.length } },
  ])
})
