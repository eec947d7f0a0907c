import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { emit, emitFrom, runEmitted } from './emitting.ts'

const stages = (it: string, before = ''): string => `import { stage } from 'millrace'
import { z } from 'zod'
${before}
export const train = stage('train', {
  input: z.object({}),
  output: z.object({ it: z.any() }),
  run: async () => ({ it: ${it} }),
})
export const other = stage('other', { input: z.object({}), output: z.object({}), run: () => ({}) })
`
const pkg = (name: string, more = ''): string => `{ "name": "${name}", "version": "1.0.0"${more} }`

/** Bytes that can't be compressed, and are the same in every run. */
function noise(size: number): Buffer {
  const parts: Buffer[] = []
  for (let n = 0; n * 32 < size; n++) parts.push(createHash('sha256').update(String(n)).digest())
  return Buffer.concat(parts).subarray(0, size)
}

describe('native code is refused', () => {
  test('of a package that builds it', async () => {
    const one = await emit(
      {
        'program.ts': stages('query()', "import { query } from './src/db.ts'\n"),
        'src/db.ts': "import Database from 'better-db'\nexport const query = () => new Database().all()\n",
        'node_modules/better-db/package.json': pkg(
          'better-db',
          ', "main": "a.js", "dependencies": { "bindings": "1" }',
        ),
        'node_modules/better-db/a.js': "module.exports = require('bindings')('x.node')",
      },
      ['train', 'other'],
    )
    expect(
      one.told,
    ).toBe(`error[native-addon]: stage "train" uses "better-db", which runs native code: that can't be bundled with it
  at <dir>/src/db.ts:1:22
  fix: Make it a container() stage, whose image has it installed, or use a package without native code.`)
    expect([...one.stages.keys()]).toEqual(['other'])
  })

  test('that another package needs', async () => {
    const one = await emit({
      'program.ts': stages('orm', "import { orm } from 'orm'\n"),
      'node_modules/orm/package.json': pkg('orm', ', "type": "module", "exports": "./a.js"'),
      'node_modules/orm/a.js': "export * from './b.js'",
      'node_modules/orm/b.js': "import fast from '@fast/hash-linux-x64-gnu'\nexport const orm = fast",
      'node_modules/@fast/hash-linux-x64-gnu/package.json': pkg('@fast/hash-linux-x64-gnu', ', "main": "h.node"'),
      'node_modules/@fast/hash-linux-x64-gnu/h.node': 'ELF',
    })
    expect(
      one.told,
    ).toBe(`error[native-addon]: stage "train" uses "@fast/hash-linux-x64-gnu" through "orm", which runs native code: that can't be bundled with it
  at <dir>/program.ts:3:21
  fix: Make it a container() stage, whose image has it installed, or use a package without native code.`)
  })

  test('of the program itself', async () => {
    const one = await emit({
      'program.ts': stages("await import('./addon.node')"),
      'addon.node': 'ELF',
    })
    expect(
      one.told,
    ).toBe(`error[native-addon]: stage "train" uses "addon.node", which runs native code: that can't be bundled with it
  at <dir>/program.ts:7:40
  fix: Make it a container() stage, whose image has it installed, or use a package without native code.`)
  })

  test('unless its absence is caught', async () => {
    const one = await emit({
      'program.ts': stages('[quick, slow]', "import { quick, slow } from 'quick'\n"),
      'node_modules/quick/package.json': pkg('quick', ', "main": "a.js"'),
      'node_modules/quick/a.js': `try { exports.quick = require('quick-native') } catch { exports.quick = 'no' }
        try { exports.slow = require('./build/x.node') } catch (error) { exports.slow = error.code }`,
      'node_modules/quick-native/package.json': pkg('quick-native', ', "main": "a.js", "gypfile": true'),
      'node_modules/quick-native/a.js': 'module.exports = 1',
    })
    expect(one.told).toBe('')
    expect((await runEmitted(one)).output).toEqual({ it: ['no', 'MODULE_NOT_FOUND'] })
  })
})

describe('a package that is shipped as it lies is refused where it could not run', () => {
  const self = "const path = require('path')\nexports.at = __dirname\n"
  const cases: Record<string, readonly [Readonly<Record<string, string>>, told: string]> = {
    'that needs native code': [
      {
        'whole/index.js': `${self}require('whole-native')`,
        'whole-native/package.json': pkg('whole-native', ', "gypfile": true'),
        'whole-native/index.js': '',
      },
      `error[native-addon]: stage "train" uses "whole-native" through "whole", which runs native code: that can't be bundled with it
  at <dir>/program.ts:3:24
  fix: Make it a container() stage, whose image has it installed, or use a package without native code.`,
    ],
    'that carries native code': [
      {
        'whole/index.js': `${self}exports.load = (name) => require(path.join(__dirname, 'build', name))`,
        'whole/build/x.node': '',
      },
      `error[native-addon]: stage "train" uses "whole", which runs native code: that can't be bundled with it
  at <dir>/program.ts:3:24
  fix: Make it a container() stage, whose image has it installed, or use a package without native code.`,
    ],
    'that imports what is not there': [
      { 'whole/index.js': `${self}exports.f = () => require('other')` },
      `error[bundle-failed]: "program.ts" can't be bundled: "whole" imports "other", which isn't there
  at <dir>/program.ts:3:24
  fix: Install "other", or leave out what imports it.`,
    ],
    'that is TypeScript': [
      {
        'whole/package.json': pkg('whole', ', "type": "module", "exports": "./index.ts"'),
        'whole/index.ts': 'export const at: string = import.meta.dirname',
      },
      `error[bundle-failed]: "program.ts" can't be bundled: "whole" must lie beside it, and Node runs no TypeScript there
  at <dir>/program.ts:3:24
  fix: Use "whole" as JavaScript, or make it a container() stage.`,
    ],
    'that only a loader can run': [
      {
        'whole/package.json': pkg('whole', ', "type": "module", "exports": "./index.js"'),
        'whole/index.js': "export * from './lib'\nexport const at = import.meta.dirname",
        'whole/lib.js': 'export const f = 1',
      },
      `error[bundle-failed]: "program.ts" can't be bundled: "whole" imports "./lib", which isn't there
  at <dir>/program.ts:3:24
  fix: Install "whole" anew, or leave out what imports it.`,
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [files, told]) => {
    const one = await emit({
      'program.ts': stages('whole', "import * as whole from 'whole'\n"),
      'node_modules/whole/package.json': pkg('whole'),
      ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`node_modules/${path}`, text])),
    })
    expect(one.told).toBe(told)
    expect(one.stages.size).toBe(0)
  })

  test('that is too large', async () => {
    const { folder } = program({
      'program.ts': stages('whole', "import whole from 'whole'\n"),
      'node_modules/whole/package.json': pkg('whole'),
      'node_modules/whole/index.js': 'exports.read = (read) => read(__dirname)',
    })
    writeFileSync(join(folder, 'node_modules/whole/model.bin'), noise(710_000))
    const one = await emitFrom(folder, ['train'])
    expect(one.told.replace(/are \d+ kB/, 'are <size> kB').replace(/"(zod|millrace)" \d+ kB/g, '"$1" <size> kB')).toBe(
      `error[code-too-large]: the code and files of stage "train" are <size> kB gzipped, and at most 700 kB can be shipped; the largest, not gzipped: "whole" 711 kB, "zod" <size> kB, "millrace" <size> kB, "program.ts" 1 kB
  at <dir>/program.ts:5:14
  fix: Give large files as inputs with file(), import less, or make it a container() stage.`,
    )
  })
})

test('code that is too large is told with what it consists of', async () => {
  const { folder } = program({
    'program.ts': stages(
      '[read(new URL("./weights.bin", import.meta.url)), read(new URL("./small.bin", import.meta.url)), table]',
      "import { readFileSync as read } from 'node:fs'\nimport { table } from 'table'\n",
    ),
    'node_modules/table/package.json': pkg('table', ', "type": "module", "exports": "./a.js"'),
    'node_modules/table/a.js': `export const table = ${JSON.stringify(noise(75_000).toString('base64'))}`,
  })
  writeFileSync(join(folder, 'weights.bin'), noise(690_000))
  writeFileSync(join(folder, 'small.bin'), noise(100))
  const one = await emitFrom(folder, ['train', 'other'])
  const told = one.told.replace(/are \d+ kB/, 'are <size> kB').replace(/"(zod|millrace)" \d+ kB/g, '"$1" <size> kB')
  expect(
    told,
  ).toBe(`error[code-too-large]: the code and files of stage "train" are <size> kB gzipped, and at most 700 kB can be shipped; the largest, not gzipped: "weights.bin" 690 kB, "zod" <size> kB, "table" 101 kB, "millrace" <size> kB, "program.ts" 1 kB
  at <dir>/program.ts:6:14
  fix: Give large files as inputs with file(), import less, or make it a container() stage.`)
  expect([...one.stages.keys()]).toEqual(['other'])
  rmSync(join(folder, 'weights.bin'))
  expect(
    (await emitFrom(folder, ['train'])).told,
  ).toBe(`error[missing-file]: there is no file "./weights.bin" beside "program.ts"
  at <dir>/program.ts:9:41
  fix: Create "<dir>/weights.bin", or correct the path in new URL(…).`)
})

describe('what can not be bundled is told', () => {
  const cases: Record<string, readonly [Readonly<Record<string, string>>, told: string]> = {
    'an import that leads nowhere': [
      { 'program.ts': stages("await import('./gone.ts')") },
      `error[bundle-failed]: "program.ts" can't be bundled: Cannot find module './gone.ts'
  at <dir>/program.ts:7:40
  fix: Correct the import of "./gone.ts", or install what it names.`,
    ],
    'a package that needs one that is not there': [
      {
        'program.ts': stages('a', "import { a } from 'half'\n"),
        'node_modules/half/package.json': pkg('half', ', "type": "module", "exports": "./a.js"'),
        'node_modules/half/a.js': "import { b } from 'other-half'\nexport const a = b",
      },
      `error[bundle-failed]: "program.ts" can't be bundled: "half" imports "other-half", which isn't there
  at <dir>/program.ts:3:19
  fix: Install "other-half", or leave out what imports it.`,
    ],
    'a package without the file that it names': [
      {
        'program.ts': stages('a', "import { a } from 'half'\n"),
        'node_modules/half/package.json': pkg('half', ', "type": "module", "exports": "./a.js"'),
        'node_modules/half/a.js': "import { b } from './dist/b.js'\nexport const a = b",
      },
      `error[bundle-failed]: "program.ts" can't be bundled: "half" imports "./dist/b.js", which isn't there
  at <dir>/program.ts:3:19
  fix: Install "half" anew, or leave out what imports it.`,
    ],
    'a module of a loader': [
      { 'program.ts': stages('a', "import { a } from 'virtual:a'\n") },
      `error[bundle-failed]: "program.ts" can't be bundled: "virtual:a" is no module that can be shipped
  at <dir>/program.ts:3:19
  fix: Install "virtual:a", or leave it out.`,
    ],
    'a file that is no module': [
      { 'program.ts': stages('words', "import words from './words.txt'\n"), 'words.txt': 'a b' },
      `error[bundle-failed]: "program.ts" can't be bundled: "./words.txt" is no module that can be shipped
  at <dir>/program.ts:3:19
  fix: Read it where it is needed, from new URL('./words.txt', import.meta.url).`,
    ],
    'a file that does not parse': [
      { 'program.ts': stages('a', "import { a } from './a.ts'\n"), 'a.ts': '\nexport const a = =' },
      `error[bundle-failed]: "a.ts" can't be bundled: Unexpected token
  at <dir>/a.ts:2:18
  fix: Correct the file so that it parses.`,
    ],
    'decorators of the standard': [
      {
        'program.ts': stages('new A().a', "import { A } from './a.ts'\n"),
        'a.ts': 'const d = (): void => {}\nexport class A { @d a = 1 }',
      },
      `error[bundle-failed]: "a.ts" can't be bundled: it has decorators of the JavaScript standard, which no Node runs yet
  at <dir>/a.ts:2:18
  fix: Set "experimentalDecorators" in tsconfig.json and write them in that way, or do without.`,
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [files, told]) => {
    const one = await emit(files)
    expect(one.told).toBe(told)
    expect(one.stages.size).toBe(0)
  })
})
