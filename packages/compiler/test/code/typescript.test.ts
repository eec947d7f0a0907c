import { describe, expect, test } from 'vitest'
import { digestUnrun, type Files, lookAt, write } from './program.ts'

const stage = (run: string, imports = ''): string =>
  `import { stage } from 'millrace'\n${imports}\nexport const train = stage('t', { run: () => ${run} })`
const options = (more: string): Files => ({ 'tsconfig.json': `{"compilerOptions":{${more}}}` })

describe('an option of TypeScript', () => {
  const fields = stage('new B()', 'class A { constructor() { (this as any).x = 5 } }\nclass B extends A { x: any }')
  const decorated = stage('A', 'const d = (...all: any[]): any => all\n@d class A { @d a = 1 }')
  const kinds: Record<string, readonly [program: string, before: string, after: string, counts: boolean]> = {
    'that assigns fields counts': [fields, '', '"useDefineForClassFields":false', true],
    'that assigns fields by the target counts': [fields, '"target":"es2022"', '"target":"es2021"', true],
    'that means the same does not': [fields, '', '"useDefineForClassFields":true,"target":"esnext"', false],
    'for fields counts nothing without fields': [
      stage('A', 'class A { run() {} }'),
      '',
      '"useDefineForClassFields":false',
      false,
    ],
    'for decorators counts': [decorated, '', '"experimentalDecorators":true', true],
    'for decorators counts nothing without decorators': [fields, '', '"experimentalDecorators":true', false],
    'that keeps imports counts': [stage('1', "import { x } from './x.ts'"), '', '"verbatimModuleSyntax":true', true],
  }
  for (const [name, [program, before, after, counts]] of Object.entries(kinds))
    test(name, async () => {
      const files = { 'main.ts': program, 'x.ts': 'globalThis.x = 1\nexport const x = 1' }
      const [one, two] = [
        await digestUnrun({ ...files, ...options(before) }),
        await digestUnrun({ ...files, ...options(after) }),
      ]
      expect(one !== two).toBe(counts)
    })
})

describe('JSX', () => {
  const make = (open: string): string => `(t: string, _: unknown, c: string) => '${open}' + t + c`
  const files = (tsx: string, h = make('<')): Files => ({
    'main.ts': stage('text', "import { text } from './t.tsx'"),
    't.tsx': tsx,
    'h.ts': `export const h = ${h}\nexport const g = ${make('[')}\nexport default { createElement: h }`,
  })
  const pragma =
    "/** @jsxRuntime classic */\n/** @jsx h */\nimport { h } from './h.ts'\nexport const text: any = <b>hi</b>"
  const two = "import { h, g } from './h.ts'\nexport const text: any = <b>hi</b>"
  const react = "import React from './h.ts'\nexport const text: any = <b>hi</b>"

  test.each([
    ['by a comment', pragma, ''],
    ['by an option', two, '"jsx":"react","jsxFactory":"h"'],
    ['by default', react, ''],
  ])('counts what makes its elements %s', async (_, tsx, more) => {
    const at = (open: string) => digestUnrun({ ...files(tsx, make(open)), ...options(more) })
    expect(await at('<')).toBe(await at('<'))
    expect(await at('<')).not.toBe(await at('{'))
  })

  test('counts the name of what makes its elements', async () => {
    const at = (factory: string) =>
      digestUnrun({ ...files(two), ...options(`"jsx":"react","jsxFactory":"${factory}"`) })
    expect(await at('h')).not.toBe(await at('g'))
  })

  test('counts the package that makes its elements', async () => {
    const dep = (name: string): Files => ({
      [`node_modules/${name}/package.json`]: `{ "name": "${name}", "version": "1.0.0" }`,
      [`node_modules/${name}/jsx-runtime.js`]: 'export const jsx = 1',
    })
    const tsx = '#!/usr/bin/env tsx\nexport const text: any = <b>hi</b>'
    const at = async (source: string) => {
      const root = write({ ...files(tsx), ...dep('react'), ...dep('preact'), ...options(`"jsx":"react-jsx"${source}`) })
      return Object.keys((await lookAt(root)).stages.get('train')?.sources ?? {})
    }
    expect(await at('')).toEqual(['main.ts', 'react@1.0.0', 't.tsx'])
    expect(await at(',"jsxImportSource":"preact"')).toEqual(['main.ts', 'preact@1.0.0', 't.tsx'])
  })
})

describe('names that only TypeScript has count', () => {
  const cases: Record<string, readonly [Files, Files]> = {
    'an alias of a name in a namespace': [
      { 'main.ts': stage('A.v', "import { N } from './n.ts'\nimport A = N.B"), 'n.ts': space(1) },
      { 'main.ts': stage('A.v', "import { N } from './n.ts'\nimport A = N.B"), 'n.ts': space(2) },
    ],
    'an alias that a namespace exports': [
      {
        'main.ts': stage(
          'S.f()',
          "import { N } from './n.ts'\nnamespace S { export import g = N; export const f = () => g.B }",
        ),
        'n.ts': space(1),
      },
      {
        'main.ts': stage(
          'S.f()',
          "import { N } from './n.ts'\nnamespace S { export import g = N; export const f = () => g.B }",
        ),
        'n.ts': space(2),
      },
    ],
    'a namespace in a namespace': [
      { 'main.ts': stage('N.M.v', 'namespace N.M { export const v = 1 }') },
      { 'main.ts': stage('N.M.v', 'namespace N.M { export const v = 2 }') },
    ],
    'an import that is a call of require': [
      { 'main.ts': stage('f', "import f from './f.cts'"), 'f.cts': required, 'g.cts': 'export = () => 1' },
      { 'main.ts': stage('f', "import f from './f.cts'"), 'f.cts': required, 'g.cts': 'export = () => 2' },
    ],
  }
  for (const [name, [before, after]] of Object.entries(cases))
    test(name, async () => {
      expect(await digestUnrun(before)).toBe(await digestUnrun(before))
      expect(await digestUnrun(after)).not.toBe(await digestUnrun(before))
    })
})

function space(v: number): string {
  return `export namespace N { export const B = { v: ${v} } }`
}
const required = "import g = require('./g.cts')\nexport = () => g()"

describe('a module that may be absent', () => {
  const optional = "let g\ntry { g = require('./g.cjs') } catch { g = () => 0 }\nmodule.exports = () => g()"
  const at = (f: string, more: Files = {}): Files => ({
    'main.ts': stage('f', "import f from './f.cjs'"),
    'f.cjs': f,
    ...more,
  })

  test('is no error inside try, and counts when it comes', async () => {
    const absent = await digestUnrun(at(optional))
    expect(await digestUnrun(at(optional, { 'g.cjs': 'module.exports = () => 1' }))).not.toBe(absent)
  })

  test('is an error elsewhere', async () => {
    const { diagnostics } = await lookAt(write(at("const g = require('./g.cjs')\nmodule.exports = g")))
    expect(diagnostics.map(({ code }) => code)).toEqual(['bundle-failed'])
  })
})
