import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostic } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import type { BuildSite } from '../../src/code/build-check/build-site.ts'
import { checkBuilds } from '../../src/code/build-check/check-build.ts'
import { newFolder, write } from './program.ts'

const isCallable = (value: unknown): boolean => typeof value === 'function' && 'isStage' in value
const stageValue = Object.assign(() => undefined, { isStage: true })

interface Rig {
  readonly namespaces?: Readonly<Record<string, Record<string, unknown>>>
  readonly line?: number
  readonly pipeline?: string
  readonly cache?: string
}

async function check(text: string, rig: Rig = {}): Promise<Diagnostic[]> {
  const file = join(write({ 'main.ts': text, 'stages.ts': '', 'lib/index.ts': '' }), 'main.ts')
  const line = rig.line ?? text.slice(0, text.indexOf('pipeline(')).split('\n').length
  const site: BuildSite = { pipeline: rig.pipeline ?? 'p', file, line, column: 1 }
  return checkBuilds([site], {
    importModule: async (url) => rig.namespaces?.[url.replace(/^.*\/millrace-bundle-\w+\//, '')] ?? {},
    isCallable,
    ...(rig.cache ? { cache: rig.cache } : {}),
  })
}

const head = `import { is, map, pipeline, python, stage, when } from 'millrace'
import { z } from 'zod'
const train = stage('train', {})
const fit = python('fit', {})
const digits = [1, 2, 3]
`
/** The messages about the body of a build with these parameters, as \`expression how\`. */
async function uses(
  body: string,
  parameters = '{ flag, n, rows, deep: { value }, listed = 1 }',
  more = '',
): Promise<string[]> {
  const found = await check(
    `${head}${more}export const p = pipeline('p', { input: z.object({}), build: (${parameters}) => {\n${body}\n} })\n`,
  )
  return found.map(
    ({ message }) =>
      /^"(.*)" is a value to come: (?:"(.+?)" |it is )/.exec(message)?.slice(1, 3).filter(Boolean).join(' ') ?? message,
  )
}

describe('each operator', () => {
  const cases: Record<string, readonly [body: string, found: readonly string[]]> = {
    '===': ['return n === 3', ['n ===']],
    '!==, on the right': ['return 3 !== n', ['n !==']],
    '== null': ['return n == null', ['n ==']],
    '!=': ['return n != undefined', ['n !=']],
    'both sides, once': ['return n === flag', ['n ===']],
    '!': ['return !flag', ['flag']],
    '!!': ['return !!flag', ['flag']],
    'Boolean()': ['return Boolean(flag)', ['flag']],
    if: ['if (flag) return 1', ['flag']],
    'else if': ['if (digits) return 1\nelse if (flag) return 2', ['flag']],
    while: ['while (flag) train({})', ['flag']],
    'do while': ['do train({})\nwhile (flag)', ['flag']],
    for: ['for (let i = 0; flag; i++) train({})', ['flag']],
    '?:': ['return flag ? 1 : 2', ['flag']],
    '&&': ['return flag && 1', ['flag']],
    '||': ['return flag || 1', ['flag']],
    '??': ['return n ?? 1', ['n ??']],
    switch: ['switch (n) { case 1: return 2 }', ['n switch']],
    case: ['switch (digits[0]) { case n: return 2 }', ['n switch']],
    '&&= on a variable': ['let x = train({}).x; x &&= 1', ['x']],
    '??= on one that may be empty': ['let x; x ??= train({}).x', []],
    '||= on a field': ['const x = train({}); x.y ||= 1', ['x.y']],
    '??= on a field': ['const x = train({}); x.y ??= 1', ['x.y ??=']],
    'a && b in if': ['if (flag && n) return 1', ['n', 'flag']],
    '!a && (b || c) in ?:': ['return !flag && (n || value) ? 1 : 2', ['value', 'flag', 'n']],
    'is() in if': ["if (is(n, '>', 3)) return 1", ["is(n, '>', 3)"]],
  }
  for (const [name, [body, found]] of Object.entries(cases))
    test(name, async () => expect((await uses(body)).sort()).toEqual([...found].sort()))
})

describe('each form of a value to come', () => {
  const cases: Record<string, readonly [body: string, found: readonly string[]]> = {
    'a parameter': ['if (n) return', ['n']],
    'a nested one': ['if (value) return', ['value']],
    'one with a default': ['if (listed) return', ['listed']],
    'a field': ['if (rows.first.name) return', ['rows.first.name']],
    'a computed field': ["if (rows['first'][digits[0]]) return", ["rows['first'][digits[0]]"]],
    'an optional field': ['if (rows?.first) return', ['rows?.first']],
    'casts, parentheses and !': ['if ((((n as unknown) as number)! satisfies number)) return', ['n']],
    'a result': ['const r = train({ n }); if (r.loss === 1) return', ['r.loss ===']],
    'a result, directly': ['if (train({ n }).loss) return', ['train({ n }).loss']],
    'a destructured result': [
      'const { loss: { mean = 1 }, ...rest } = fit({}); if (mean) return; if (rest.x) return',
      ['mean', 'rest.x'],
    ],
    'a result of .with()': ['const r = train.with({ retries: 1 })({}); if (r) return', ['r']],
    'of a stage under another name': ['const again = train.with({}); const r = again({}); if (r) return', ['r']],
    'of a stage in an object': [
      'const all = { train, fit }; const { fit: f } = all; if (all.train({})) return; if (f({})) return',
      ['all.train({})', 'f({})'],
    ],
    'a result of map and its parameters': [
      'const r = map(rows, (row, index) => { if (row.x === 1) return index === 0; return train({}) }); if (r.loss) return',
      ['row.x ===', 'index ===', 'r.loss'],
    ],
    'a result of when and of its body': [
      'const r = when(flag, () => { const t = train({}); return t.x ? 1 : 2 }, () => 1); if (r) return',
      ['t.x', 'r'],
    ],
    'a body by name': [
      'const body = (row: number) => { if (row) return 1 }\nfunction other(item) { return item ? 1 : 2 }\nmap(rows, body); map(rows, other)',
      ['row', 'item'],
    ],
    'an alias': ['const a = n, b = a; let c = b; if (c) return', ['c']],
    'an alias in an object and a list': [
      'const o = { inner: { n } }, l = [n, flag]; const [first] = l; if (o.inner.n) return; if (l[0]) return; if (first) return; for (const each of l) if (each) return',
      ['o.inner.n', 'l[0]', 'first', 'each'],
    ],
    'results of a plain map': [
      'const all = digits.map((d) => train({ d })), more = [n].map((x) => (x ? 1 : 2)); const third = [1].map(() => train({})); if (third[0].loss === 1) return',
      ['x', 'third[0].loss ==='],
    ],
    'what an inner function returns': [
      'const make = (d) => train({ d }); function twice() { return make(2) } if (make(1)) return; if (twice().x) return',
      ['make(1)', 'twice().x'],
    ],
    'a choice of two': ['const r = digits.length > 1 ? train({}) : fit({}); if (r) return', ['r']],
    'inside an inner function': [
      'const late = () => { for (const d of digits) if (n === d) return d }; late()',
      ['n ==='],
    ],
    'assigned twice': ['let r = train({}); r = fit({}); if (r) return', ['r']],
  }
  for (const [name, [body, found]] of Object.entries(cases))
    test(name, async () => expect((await uses(body)).sort()).toEqual([...found].sort()))

  test('the whole input, and a method', async () => {
    expect(await uses('if (input.n) return', 'input')).toEqual(['input.n'])
    const method = `${head}pipeline('p', { build({ n }) { return n ? 1 : 2 } })`
    expect(await check(method)).toHaveLength(1)
    expect(await check(`${head}pipeline('p', { build: function ({ n }) { return n ? 1 : 2 } })`)).toHaveLength(1)
    expect(
      await check(`${head}function wire({ n }) { return n ? 1 : 2 }\npipeline('p', { build: wire })`),
    ).toHaveLength(1)
    expect(
      await check(`${head}const wire = ({ n }) => n ? 1 : 2\npipeline('p', { build: wire } as const)`),
    ).toHaveLength(1)
  })

  test('a result of a pipeline of this file, also of one further down', async () => {
    const text = `import * as m from 'millrace'
const p = m.pipeline('p', { build: () => (inner({}).x ? 1 : 2) })
const inner = m.pipeline('inner', { build: ({ n }) => n })`
    expect((await check(text)).map(({ at }) => [at.line, at.column])).toEqual([[2, 43]])
  })
})

describe('no false alarm', () => {
  const cases: Record<string, string> = {
    'plain values': `const options = { debug: true, name: 'x' as string | undefined }
if (options.debug) train({})
if (digits.length === 3 && digits[0] === 1) train({})
for (const lr of [0.1, 0.2]) if (lr > 0.1 || lr === 0.2) train({ lr })
const name = options.name ?? 'none'
switch (name) { case 'none': break }
while (digits.length === 4) digits.pop()
return process.env.DEBUG ? 1 : 2`,
    'results of other functions':
      'const t = JSON.parse("1"), d = new Date(); if (t || d || Math.max(1, 2) === 2) return; if (stageLike({})) return',
    'lists and objects that hold refs':
      'const l = [n, flag], o = { n }; if (l.length === 2 && o) return; if (l.includes(n) === true) return; if (l) return',
    'a variable that may still be empty':
      'let last; for (const d of digits) { if (last !== undefined) train({ last }); last = train({ d }) }',
    'a variable that may be plain':
      'let last = n; last = 3; if (last) return; let other = digits[0] ? n : 1; if (other) return',
    'typeof, in, instanceof': 'if (typeof n === "number") return',
    'the operand of when and is': "return when(is(n, '===', 3), () => 1, () => 2)",
    'a shadowed name':
      'const f = (n: number) => n === 1; { const flag = 1; if (flag) f(2) }\nfor (const value of digits) if (value) f(1)\ntry { f(1) } catch (rows) { if (rows) f(2) }\nfunction g({ flag }: { flag: boolean }) { return flag ? 1 : 2 }\nclass n2 { flag() { const n = 1; return n === 1 } }',
    'a shadowed map and stage':
      'const map = (list: number[], f: (x: number) => unknown) => f(1); if (map(digits, (x) => x === 1)) return; { const train = () => true; if (train()) return }',
    'a stage itself': 'if (train === fit || !train) return; return train.name === "x"',
    'functions that call themselves':
      'function f(x) { return x ? f(x - 1) : f(0) }\nconst g = () => h(), h = () => g()\nif (f(1) || g()) return',
    'what a destructured plain value holds': 'const { length, [0]: first = n } = digits; if (length === first) return',
  }
  for (const [name, body] of Object.entries(cases)) test(name, async () => expect(await uses(body)).toEqual([]))

  test('code outside of the build, and another pipeline', async () => {
    const text = `${head}const flag = train({})\nif (flag) fit({})\nconst q = pipeline('q', { build: ({ n }) => !n })\nconst p = pipeline('p', {\n build: ({ n }) => n })\n`
    expect(await check(text, { line: 9 })).toEqual([])
    expect(await check(text, { line: 8, pipeline: 'q' })).toHaveLength(1)
  })
})

describe('imported names', () => {
  const text = `${head}import { clean, helper as h, box } from './stages.ts'
import * as all from './stages.ts'
import made from './lib'
const local = h('x')
export const shown = h('y')
export const p = pipeline('p', { build: () => {
  const c = clean.with({})({}), r = [h(1) === 2, clean({}).x === 1, all.clean({}) === 3, box.of.clean({}) === 4, made({}) === 5, shown({}) === 6, local({}) === 7, all.nothing({}) === 8]
  return c ? 1 : 2
} })`
  const namespaces = {
    'stages.ts': {
      clean: stageValue,
      helper: () => 1,
      box: {
        of: { clean: stageValue },
        get trap() {
          throw new Error('no')
        },
      },
    },
    'lib/index.ts': { default: stageValue },
    'main.ts': { shown: stageValue },
  }

  test('count as stages where their values are', async () => {
    const found = await check(text, { namespaces })
    expect(found.map(({ message }) => /^"(.*?)"/.exec(message)?.[1])).toEqual([
      'clean({}).x',
      'all.clean({})',
      'box.of.clean({})',
      'made({})',
      'shown({})',
      'c',
    ])
    expect(await check(text)).toEqual([])
  })
})

test('the diagnostics, whole', async () => {
  const text = `${head}
const p = pipeline('digits', { build: ({ flag }) => {
  const fitted = train({})
  const { name } = fitted
  if (fitted
    .accuracy !== 0.9) return
  switch (name) {}
  return flag ? name ?? 'none' : 2
} })`
  const file = join(write({ 'main.ts': text }), 'main.ts')
  const found = await checkBuilds([{ pipeline: 'digits', file, line: 7, column: 11 }], {
    importModule: async () => ({}),
    isCallable,
  })
  expect(found.map((diagnostic) => ({ ...diagnostic, at: { ...diagnostic.at, file: '' } }))).toEqual([
    {
      code: 'ref-as-value',
      severity: 'error',
      message: '"fitted.accuracy" is a value to come: "!==" compares the ref itself, not what it will hold',
      at: { pipeline: 'digits', node: null, file: '', line: 10, column: 7 },
      fix: "Use when(is(fitted.accuracy, '!==', …), () => …) instead.",
    },
    {
      code: 'ref-as-value',
      severity: 'error',
      message: '"name" is a value to come: "switch" compares the ref itself, not what it will hold',
      at: { pipeline: 'digits', node: null, file: '', line: 12, column: 11 },
      fix: "Use when(is(name, '===', …), () => …) instead.",
    },
    {
      code: 'ref-as-value',
      severity: 'error',
      message: '"flag" is a value to come: it is always true here',
      at: { pipeline: 'digits', node: null, file: '', line: 13, column: 10 },
      fix: 'Use when(flag, () => …, () => …) instead.',
    },
    {
      code: 'ref-as-value',
      severity: 'error',
      message: '"name" is a value to come: "??" never comes to its right side',
      at: { pipeline: 'digits', node: null, file: '', line: 13, column: 17 },
      fix: "Use when(is(name, '===', undefined), () => …, () => …) instead.",
    },
  ])
})

test('the call is found by its line, by its column, else by its name', async () => {
  const text = `${head}const a = pipeline('a', { build: ({ x }) => !x }), p = pipeline('p', { build: ({ x, y }) => !y })\nconst p2 = pipeline('p', { build: ({ z }) => !z })`
  const name = async (line: number, pipeline: string, column = 1): Promise<string | undefined> => {
    const file = join(write({ 'main.ts': text }), 'main.ts')
    const found = await checkBuilds([{ pipeline, file, line, column }], { importModule: async () => ({}), isCallable })
    return found[0]?.message.slice(0, 3)
  }
  expect(await name(6, 'a', 11)).toBe('"x"')
  expect(await name(6, 'p', 56)).toBe('"y"')
  expect(await name(6, 'computed', 56)).toBe('"y"')
  expect(await name(7, 'p')).toBe('"z"')
  expect(await name(70, 'p')).toBe('"z"')
  expect(await name(70, 'nowhere')).toBe(undefined)
})

test('a file that is not there or does not parse is no finding', async () => {
  const options = { importModule: async () => ({}), isCallable }
  expect(await checkBuilds([{ pipeline: 'p', file: '/nowhere/x.ts', line: 1, column: 1 }], options)).toEqual([])
  expect(await check('pipeline( {')).toEqual([])
})

test('with the cache no parser is loaded, and changes are seen', async () => {
  const root = write({
    'stages.mjs': 'export const clean = Object.assign(() => 1, { isStage: true })',
    'main.ts': `import { pipeline } from 'millrace'\nimport { clean } from './stages.mjs'\nexport const p = pipeline('p', { build: () => (clean({}) ? 1 : 2) })\n`,
  })
  const script = join(root, 'script.mjs')
  writeFileSync(
    script,
    `import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
const { checkBuilds } = await import(${JSON.stringify(new URL('../../src/code/build-check/check-build.ts', import.meta.url).href)})
const found = await checkBuilds([{ pipeline: 'p', file: ${JSON.stringify(join(root, 'main.ts'))}, line: 3, column: 18 }], {
  importModule: (url) => import(url), isCallable: (value) => typeof value === 'function' && 'isStage' in value, cache: ${JSON.stringify(newFolder())} })
console.log(JSON.stringify({ found, parser: loaded.some((url) => /rolldown|find-in-builds/.test(url)) }))`,
  )
  const run = (): { found: unknown[]; parser: boolean } =>
    JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  const [cold, warm] = [run(), run()]
  expect(cold).toMatchObject({ found: [{ code: 'ref-as-value' }], parser: true })
  expect(warm).toEqual({ ...cold, parser: false })
  writeFileSync(join(root, 'stages.mjs'), 'export const clean = () => 1')
  expect(run()).toEqual({ found: [], parser: true })
  writeFileSync(join(root, 'main.ts'), '\n')
  expect(run()).toEqual({ found: [], parser: true })
})

test('a chain of 20,000 names, and a body of 20,000 statements, take a second, not minutes', async () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `const a${i + 1} = a${i}`).join('\n')
  const before = process.cpuUsage()
  expect(await uses(`const a0 = n\n${names}\nif (a20000) return`)).toEqual(['a20000'])
  // of the processor, to which no other load adds
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1e6).toBeLessThan(20)
})
