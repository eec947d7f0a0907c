import { rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { normal } from '../support/processes.ts'
import { program } from '../support/program.ts'

const pkg = (name: string, more = ''): string =>
  `{ "name": "${name}", "version": "1.0.0", "type": "module", "exports": { ".": "./a.js", "./late": "./late.js" }${more} }`
const packages = {
  'node_modules/dep/package.json': pkg('dep', ', "dependencies": { "sub": "1" }'),
  'node_modules/dep/a.js': "import { sub } from 'sub'\nexport const f = () => 'A' + sub",
  'node_modules/dep/late.js': "export const late = 'L'",
  'node_modules/sub/package.json': pkg('sub'),
  'node_modules/sub/a.js': "export const sub = 'A'",
}
const head = `import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { f } from 'dep'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const wait = async () => { for (let i = 0; i < 3000 && existsSync('wait'); i++) await sleep(10) }
`
const s = (value: string, more = ''): string =>
  `export const s = stage('s', { ${more}input: z.object({ n: z.number().default(1) }), output: z.object({ v: z.string() }), run: async () => ({ v: ${value} }) })\n`
const alone = "export const p = pipeline('p', { input: z.object({}), build: () => s({}) })\nmain(import.meta, p)\n"
/** A stage before it that takes as long as the test wants. */
const behind = `export const slow = stage('slow', { cache: false, input: z.object({}), output: z.object({ n: z.number() }), run: async () => { console.log('at work'); await wait(); return { n: 1 } } })
export const p = pipeline('p', { input: z.object({}), build: () => s({ n: slow({}).n }) })
main(import.meta, p)
`
const said = (text: string): string[] =>
  text.split('\n').filter((line) => /^error|^notice|^ {2}fix:| notice\[|\bran, /.test(line))
const quiet = ['--progress', 'quiet']

test('a package that is changed in place under the same version runs again, and plan names it', async () => {
  const { folder, run } = program({ ...packages, 'program.ts': `${head}${s('f()')}${alone}` })
  const sub = join(folder, 'node_modules/sub/a.js')
  expect((await run(quiet)).stdout).toBe('{"v":"AA"}\n')
  writeFileSync(sub, "export const sub = 'B'")
  expect((await run(['plan'])).stdout).toBe('s     run      code changed: sub@1.0.0\n')
  const edited = await run(quiet)
  expect([edited.stdout, edited.stderr]).toEqual(['{"v":"AB"}\n', '1 ran, 0 cached, 0 skipped, 0 failed, <s>\n'])
  expect((await run(quiet)).stderr).toBe('0 ran, 1 cached, 0 skipped, 0 failed, <s>\n')
  // as it was: what it gave then
  writeFileSync(sub, packages['node_modules/sub/a.js'])
  utimesSync(sub, 1, 1)
  const back = await run(quiet)
  expect([back.stdout, back.stderr]).toEqual(['{"v":"AA"}\n', '0 ran, 1 cached, 0 skipped, 0 failed, <s>\n'])
})

describe('a package that is changed', () => {
  test('between its load and the plan leaves no result under its old key, nor under its new one', async () => {
    const { folder, run, start } = program({
      ...packages,
      'program.ts': `${head}${s('f()')}console.error('loaded')\nawait wait()\n${alone}`,
      wait: '',
    })
    const begun = start(quiet)
    await begun.said('loaded')
    writeFileSync(join(folder, 'node_modules/sub/a.js'), "export const sub = 'B'")
    rmSync(join(folder, 'wait'))
    expect([(await begun.ended).code, begun.stdout()]).toEqual([0, '{"v":"AA"}\n'])
    expect(said(normal(begun.stderr(), folder))).toEqual(['1 ran, 0 cached, 0 skipped, 0 failed, <s>'])
    const next = await run(quiet)
    expect([next.stdout, said(next.stderr)]).toEqual(['{"v":"AB"}\n', ['1 ran, 0 cached, 0 skipped, 0 failed, <s>']])
  })

  test('is told of, and why nothing is cached', async () => {
    const { folder, start } = program({
      ...packages,
      'program.ts': `${head}${s('f()')}console.error('loaded')\nawait wait()\n${alone}`,
      wait: '',
    })
    const begun = start(['plan'])
    await begun.said('loaded')
    writeFileSync(join(folder, 'node_modules/dep/a.js'), "export const f = () => 'B'")
    rmSync(join(folder, 'wait'))
    await begun.ended
    expect(begun.stdout()).toBe(
      's     run      "dep@1.0.0" was changed after the program was loaded, so nothing of it is cached\n',
    )
    expect(said(begun.stderr())).toEqual([
      'notice[wrong-code]: "dep@1.0.0" was changed after the program was loaded, so results of stage "s" are not cached',
      '  fix: Start the program again, so that it loads what the files hold now.',
    ])
  })

  const late: Record<string, string> = {
    'before a process of its own loads it': s('f()', "isolate: 'process', "),
    'before a stage loads it on demand': s("(await import('dep/late')).late"),
  }
  test.each(Object.entries(late))('while a run goes on, %s, fails it', async (_, stage) => {
    const { folder, run, start } = program({ ...packages, 'program.ts': `${head}${stage}${behind}`, wait: '' })
    const begun = start()
    await begun.said('at work')
    writeFileSync(join(folder, 'node_modules/dep/late.js'), "export const late = 'M'")
    writeFileSync(join(folder, 'node_modules/sub/a.js'), "export const sub = 'B'")
    rmSync(join(folder, 'wait'))
    expect((await begun.ended).code).toBe(1)
    expect(said(normal(begun.stderr(), folder)).slice(0, 2)).toEqual([
      'error[wrong-code]: "dep@1.0.0" was changed after the run began, so "s" is not what was planned',
      '  fix: Run again: the changed code is planned anew.',
    ])
    expect((await run(quiet)).stdout).toBe(stage.includes('dep/late') ? '{"v":"M"}\n' : '{"v":"AB"}\n')
  })

  test('so that nobody can look through it, fails the run, too', async () => {
    const stage = s('f()', "isolate: 'process', ")
    const { folder, start } = program({ ...packages, 'program.ts': `${head}${stage}${behind}`, wait: '' })
    const begun = start()
    await begun.said('at work')
    rmSync(join(folder, 'node_modules/dep/late.js'))
    symlinkSync('late.js', join(folder, 'node_modules/dep/late.js'))
    rmSync(join(folder, 'wait'))
    expect((await begun.ended).code).toBe(1)
    expect(said(normal(begun.stderr(), folder)).slice(0, 1)).toEqual([
      'error[wrong-code]: "dep@1.0.0" was changed after the run began, so "s" is not what was planned',
    ])
  })

  const write = (text: string): string =>
    `(f(), (await import('node:fs')).writeFileSync('node_modules/dep/late.js', ${text}), 'done')`
  test('by what it holds already is not changed: results are kept', async () => {
    const stage = s(write(JSON.stringify(packages['node_modules/dep/late.js'])))
    const { run } = program({ ...packages, 'program.ts': `${head}${stage}${alone}` })
    const results = [await run([...quiet, '--in-process']), await run([...quiet, '--in-process'])]
    expect(results.map(({ stdout, stderr }) => [stdout, said(stderr)])).toEqual([
      ['{"v":"done"}\n', ['1 ran, 0 cached, 0 skipped, 0 failed, <s>']],
      ['{"v":"done"}\n', ['0 ran, 1 cached, 0 skipped, 0 failed, <s>']],
    ])
  })

  test('by a stage whose results no other run takes is its own affair', async () => {
    const stage = s(write('String(performance.now())'), 'cache: false, ')
    const { run } = program({ ...packages, 'program.ts': `${head}${stage}${alone}` })
    for (let i = 0; i < 2; i++) {
      const { code, stdout } = await run([...quiet, '--in-process'])
      expect([code, stdout]).toEqual([0, '{"v":"done"}\n'])
    }
  })
})

describe('what short calls gave between two looks at a large package', () => {
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`node_modules/dep/data/${i % 50}/${i}.js`, '']),
  )
  // read anew by every call, as packages read their tables
  const late = "f() && readFileSync('node_modules/dep/late.txt', 'utf8')"
  const shapes = {
    'in the pack': s(late),
    'with a file': `export const s = stage('s', { input: z.object({ n: z.number().default(1) }), output: z.object({ v: z.string(), log: file() }), run: async (_, context) => {
  const log = context.file('log.txt')
  writeFileSync(log.path, 'x')
  return { v: ${late}, log }
} })
`,
  }
  const many = (stage: string): string => `import { readFileSync, writeFileSync } from 'node:fs'
import { file } from 'millrace'
${head}${stage}export const edit = stage('edit', { cache: false, input: z.object({}), output: z.object({ n: z.number() }), run: () => {
  if (existsSync('wait')) writeFileSync('node_modules/dep/late.txt', 'M')
  return { n: 2 }
} })
export const p = pipeline('p', { input: z.object({}), build: () => {
  s({})
  return { v: s({ n: edit({}).n }).v }
} })
main(import.meta, p)
`
  test.each(Object.entries(shapes))('is not kept, %s', async (_, stage) => {
    const { folder, run, start } = program({
      ...packages,
      ...files,
      'node_modules/dep/late.txt': 'L',
      'program.ts': many(stage),
      wait: '',
    })
    const begun = start([...quiet, '--jobs', '1', '--in-process'])
    expect((await begun.ended).code).toBe(1)
    expect(said(normal(begun.stderr(), folder)).slice(0, 2)).toEqual([
      // on a slow machine a look comes before the call ends, and not after it
      expect.stringMatching(
        /^error\[wrong-code\]: "dep@1.0.0" was changed (?:while the run went on, so what stages gave since is not kept|after the run began, so "s.2" is not what was planned)$/,
      ),
      '  fix: Run again: the changed code is planned anew.',
    ])
    rmSync(join(folder, 'wait'))
    writeFileSync(join(folder, 'node_modules/dep/late.txt'), 'L')
    // the run goes on: what changed the package is not asked again
    const next = await run([...quiet, '--in-process'])
    expect(next.stdout).toBe('{"v":"L"}\n')
    // the first one stands if a look came between it and the edit
    expect(said(next.stderr)).toEqual([
      expect.stringMatching(/^(?:2 ran, 1|1 ran, 2) cached, 0 skipped, 0 failed, <s>$/),
    ])
    expect(said((await run(quiet)).stderr)).toEqual(['1 ran, 2 cached, 0 skipped, 0 failed, <s>'])
  })
})
