import { describe, expect, test } from 'vitest'
import { digestUnrun, type Files } from './program.ts'

/** A stage `profile`, and one that uses a part of it. */
const profile = `import { pipeline, python, stage } from 'millrace'
import { z } from 'zod'
import { fit } from './fit.ts'
const base = { input: z.object({ n: z.number() }) }
export const profile = stage('profile', {
  input: z.object({ rows: z.number() }),
  output: z.object({ mean: z.number(), most: z.string() }),
  run: ({ rows }) => ({ mean: fit(rows), most: 'rows' }),
})
export const spread = stage('spread', { ...base, output: z.object({ n: z.number() }), run: () => ({ n: fit(1) }) })
export const script = python('script', { ...base, output: z.object({ s: z.string() }), script: new URL('./s.py', import.meta.url) })
export const whole = pipeline('whole', { input: z.object({ p: z.number() }), build: ({ p }) => profile({ rows: p }) })
`
const head = "import { stage } from 'millrace'\nimport { z } from 'zod'\n"
const train = (options: string, imports: string): string =>
  `${head}${imports}\nexport const train = stage('train', { ${options} })\n`
const run = 'run: (it) => it'

const borrowers: Record<string, Files> = {
  'its output': { 'main.ts': train(`input: profile.output, ${run}`, "import { profile } from './profile.ts'") },
  'a part of its output': {
    'main.ts': train(
      `input: profile.output.pick({ mean: true }), output: z.object({ mean: profile.output.shape.mean }), ${run}`,
      "import { profile } from './profile.ts'",
    ),
  },
  'its output, by a namespace': {
    'main.ts': train(`input: all['profile']['output'], ${run}`, "import * as all from './profile.ts'"),
  },
  'its output under another name, passed on': {
    'main.ts': train(`input: other.output, ${run}`, "import { other } from './passing.ts'"),
    'passing.ts': "export * from './more.ts'\n",
    'more.ts': "export { profile as other } from './profile.ts'\n",
  },
  'its output, taken apart': {
    'main.ts': train(
      `input: output, ${run}`,
      "import { profile } from './profile.ts'\nconst { output, input: rows } = profile",
    ),
  },
  'its output, by a constant': {
    'main.ts': train(
      `input: schemas.a, ${run}`,
      "import { profile } from './profile.ts'\nconst schemas = { a: profile.output }",
    ),
  },
  'its output while it runs': {
    'main.ts': train('run: (it) => profile.output.parse(it)', "import { profile } from './profile.ts'"),
  },
  'the input of its pipeline': {
    'main.ts': train(`input: whole.input, ${run}`, "import { whole } from './profile.ts'"),
  },
  'its name': { 'main.ts': train('run: () => profile.name', "import { profile } from './profile.ts'") },
  'what a spread gives': {
    'main.ts': train(`input: spread.input, output: spread.output, ${run}`, "import { spread } from './profile.ts'"),
  },
}

const withFiles = (files: Files, text = profile, fit = '1'): Files => ({
  'profile.ts': text,
  'fit.ts': `export const fit = (x: number): number => x * ${fit}\n`,
  's.py': 'print()',
  ...files,
})

describe('of a stage that another one borrows from counts what it borrows', () => {
  for (const [name, files] of Object.entries(borrowers))
    test(name, async () => {
      const original = await digestUnrun(withFiles(files))
      const edited = (from: string, to: string): Promise<string> => {
        expect(profile).toContain(from)
        return digestUnrun(withFiles(files, profile.replace(from, to)))
      }
      // its function, what that calls, and what else it has
      expect(await digestUnrun(withFiles(files, profile, '2'))).toBe(original)
      expect(await edited("most: 'rows' }", "most: 'lines' }")).toBe(original)
      expect(await edited('=> profile({ rows: p })', '=> profile({ rows: 1 })')).toBe(original)
      expect(await edited("python('script', { ...base,", "python('script', { ...base, env: { A: 'b' },")).toBe(original)
      const of = name.includes('pipeline')
        ? edited('p: z.number() })', 'p: z.int() })')
        : name === 'its name'
          ? edited("stage('profile'", "stage('other'")
          : name.includes('spread')
            ? edited('input: z.object({ n: z.number() })', 'input: z.object({ n: z.int() })')
            : edited('mean: z.number()', 'mean: z.int()')
      expect(await of).not.toBe(original)
    })

  test('in one module with it, beside siblings', async () => {
    const at = (more: string, mean = 'z.number()', body = '1'): Promise<string> =>
      digestUnrun({
        'main.ts': `${head}${more}
const profile = stage('profile', { input: z.object({}), output: z.object({ mean: ${mean} }), run: () => ({ mean: ${body} }) })
export const train = stage('train', { input: profile.output, run: (it) => it })
`,
      })
    const original = await at('')
    expect(await at('', 'z.number()', '2')).toBe(original)
    expect(await at("const other = stage('o', { input: z.object({}), run: () => 1 })")).toBe(original)
    expect(await at('', 'z.int()')).not.toBe(original)
  })

  test('but its function, where that is used', async () => {
    const uses: Record<string, string> = {
      'called by itself': 'run: (it) => profile.run(it)',
      'passed on': 'run: (it) => runStage(profile, it)',
      'asked for by a name that is made': 'run: (it) => profile[it]',
    }
    for (const [name, options] of Object.entries(uses)) {
      const files = {
        'main.ts': train(options, "import { runStage } from 'millrace'\nimport { profile } from './profile.ts'"),
      }
      const original = await digestUnrun(withFiles(files))
      expect([name, (await digestUnrun(withFiles(files, profile, '2'))) === original]).toEqual([name, false])
    }
  })

  test('and its own digest is what it was without a borrower', async () => {
    const own = (main: string): Promise<string> =>
      digestUnrun(
        withFiles({
          'main.ts': `${main}\n${profile.replace("stage('profile'", "stage('train'").replace('const profile', 'const train').replace('=> profile(', '=> train(')}`,
        }),
      )
    expect(await own('export const schema = train.output\n')).toBe(await own(''))
  })
})
