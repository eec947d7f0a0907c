import { mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Files, writeProgram } from '../support/files.ts'
import { finish, type Ran, root } from '../support/processes.ts'
import { program } from '../support/program.ts'

const files: Files = {
  'program.ts': `import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { asset, file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { helper } from './helper.ts'
import { odd } from './o%23d%3F%20%25d.ts?once#part'
import { of } from 'pkg'
const text = (url: URL) => readFileSync(url, 'utf8')
const io = { input: z.object({ data: file() }), output: z.object({ out: file(), found: z.array(z.any()) }) }
const run = async ({ data }: { data: { path: string } }, context: any) => {
  const out = context.file('o#u?t %.txt')
  writeFileSync(out.path, readFileSync(data.path, 'utf8') + '!')
  const worker = new Worker(new URL('./w%23.ts', import.meta.url))
  const late = (await import('./late%23.ts')).late
  const listed = readdirSync(new URL('./fo%23l%3Fd/', import.meta.url))
  return { out, found: [helper, odd, of, late, text(new URL('./d%231.txt', import.meta.url)), listed, await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))] }
}
export const here = stage('here', { ...io, run })
export const apart = stage('apart', { ...io, isolate: 'process', run })
export const demo = pipeline('demo', {
  input: z.object({ data: file().default(asset(new URL('./d%231.txt', import.meta.url))) }),
  build: ({ data }) => {
    const first = here({ data })
    const second = apart({ data: first.out })
    return { here: first.found, apart: second.found, out: second.out }
  },
})
main(import.meta, demo)
`,
  'millrace.config.ts': readFileSync(join(root, 'examples/01-hello/millrace.config.ts'), 'utf8'),
  'helper.ts': "export const helper = 'helper'",
  'o#d? %d.ts': "export const odd = 'odd'",
  'late#.ts': "export const late = 'late'",
  'w#.ts': "import { parentPort } from 'node:worker_threads'\nparentPort.postMessage('worked')",
  'd#1.txt': 'data',
  'fo#l?d/a%20b#?.txt': '',
  'node_modules/pkg/package.json': '{ "name": "pkg", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
  'node_modules/pkg/i.js': "export { of } from './k%23.js'",
  'node_modules/pkg/k#.js': "export const of = 'package'",
}
const found = ['helper', 'odd', 'package', 'late', 'data', ['a%20b#?.txt'], 'worked']

/** With Node alone: tsx takes no TypeScript in a folder whose name has a question mark. */
const names = [
  'folder#1',
  'a?b %20 %zz',
  '[x]{y} (z)*!',
  'quo\'te"`$HOME',
  'line\nbreak:&;|<>',
  '-é中',
  'l'.repeat(180),
]

describe.each(names)('a project in the folder %j', (name) => {
  test('runs, is found again, fits a cluster and gives its files', async () => {
    const run = project(name, files)
    const first = await run('--progress', 'quiet')
    expect(first.stderr).toBe('2 ran, 0 cached, 0 skipped, 0 failed, <s>\n')
    expect(JSON.parse(first.stdout)).toMatchObject({ here: found, apart: found })
    expect((await run('--progress', 'quiet')).stderr).toBe('0 ran, 2 cached, 0 skipped, 0 failed, <s>\n')
    expect(await run('check')).toMatchObject({ code: 0, stdout: 'onprem  fits          2 stages\n' })
    expect(await run('compile')).toMatchObject({ code: 0, stdout: 'deploy/demo/onprem\n' })
    const fetched = await run('runs', 'fetch')
    expect(fetched.code).toBe(0)
    expect(fetched.stdout).toContain('o#u?t %.txt')
  })
})

test('the place of an error is told, whatever the folder is called', async () => {
  const run = project('a (b)?c#%', {
    'program.ts': `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const break1 = stage('break', { input: z.object({}), output: z.object({}), run: () => { throw new Error('no') } })
export const demo = pipeline('demo', { input: z.object({}), build: () => break1({}) })
main(import.meta, demo)
`,
  })
  expect((await run('--progress', 'quiet')).stderr).toBe(`error[stage-threw]: "break" threw Error: no
  at run (program.ts:3:102)
  called at program.ts:4:74
  stage at program.ts:3:23
  fix: Mend the stage, or give it retries if the cause passes by itself.
0 ran, 0 cached, 0 skipped, 1 failed, <s>
`)
})

/** A project in a folder of that name, with its packages beside it as an installation has them. */
function project(name: string, files: Files): (...args: string[]) => Promise<Ran> {
  const folder = join(program({}).folder, name)
  const modules = join(folder, 'node_modules')
  writeProgram(folder, files)
  mkdirSync(modules, { recursive: true })
  for (const of of ['millrace', 'zod'])
    symlinkSync(realpathSync(join(root, 'test/node_modules', of)), join(modules, of))
  return (...args) => finish(folder, args, { how: 'node', env: { MILLRACE_STORE: undefined } })
}
