import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manager } from './managers.ts'
import type { TypeScriptVersion } from './tools.ts'

export const kinds = ['esm', 'commonjs', 'monorepo'] as const
export type Kind = (typeof kinds)[number]

/** A project that is not installed yet. */
export interface Project {
  /** The folder with the program, where its author works. */
  readonly folder: string
  readonly program: string
  /** A file of CommonJS that uses the library, where there is one. */
  readonly commonJs?: string
}

/** What a program imports: one of them has dependencies, which a worker must find where the package lies. */
export const dependencies = {
  millrace: '^0.1.0',
  'ml-array-mean': '^2.0.0',
  'simple-statistics': '^7.8.0',
  zod: '^4.0.0',
}
const tools = (typescript: TypeScriptVersion) => ({
  devDependencies: { tsx: '^4.20.0', typescript, '@types/node': '^24.0.0' },
})

const stageText = `import { stage } from 'millrace'
import meanOf from 'ml-array-mean'
import { z } from 'zod'

export const mean = stage('mean', {
  input: z.object({ values: z.array(z.number()).min(1) }),
  output: z.object({ mean: z.number(), inWorker: z.boolean() }),
  timeout: '1m',
  run: ({ values }) => ({ mean: meanOf(values), inWorker: process.env.MILLRACE_ATTEMPT_ID !== undefined }),
})
`

const programText = (from: string): string => `import { main, map, pipeline, stage } from 'millrace'
import { max } from 'simple-statistics'
import { z } from 'zod'
import { mean } from '${from}'

export const spread = stage('spread', {
  isolate: 'process',
  input: z.object({ values: z.array(z.number()), mean: z.number() }),
  output: z.object({ spread: z.number() }),
  run: ({ values, mean }) => ({ spread: max(values) - mean }),
})

export const describe = pipeline('describe', {
  input: z.object({ columns: z.array(z.array(z.number())).default([[1, 2, 3], [4, 8]]) }),
  build: ({ columns }) => {
    const made = map(columns, (values) => {
      const { mean: middle, inWorker } = mean({ values })
      return { inWorker, spread: spread({ values, mean: middle }).spread }
    })
    return { spreads: made.spread, inWorkers: made.inWorker }
  },
})

main(import.meta, describe)
`
/** What the program prints. */
export const printed = '{"spreads":[1,2],"inWorkers":[true,true]}\n'

const commonJsText = `const { pipeline, run, stage } = require('millrace')
const { z } = require('zod')

const twice = stage('twice', {
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  run: ({ n }) => ({ n: 2 * n }),
})
const double = pipeline('double', { input: z.object({ n: z.number() }), build: ({ n }) => twice({ n }) })
run(double, { n: 21 }, { progress: 'quiet' }).then((output) => process.stdout.write(JSON.stringify(output) + '\\n'))
`
/** What the file of CommonJS prints. */
export const printedByCommonJs = '{"n":42}\n'

const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024'],
  types: ['node'],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
}

/** The program and its stage, in a project that holds nothing else. */
export function writeProgram(folder: string, extension: 'ts' | 'mts' = 'ts'): string {
  const program = `pipeline.${extension}`
  writeFileSync(join(folder, `mean.${extension}`), stageText)
  writeFileSync(join(folder, program), programText(`./mean.${extension}`))
  return program
}

export function writeProject(root: string, kind: Kind, manager: Manager, typescript: TypeScriptVersion): Project {
  const write = (path: string, content: string | object): void => {
    const at = join(root, path)
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`)
  }
  const tsconfig = { compilerOptions, include: ['**/*.ts', '**/*.mts'] }
  const named = (name: string) => ({ name, version: '1.0.0', license: 'UNLICENSED', private: true })
  for (const [name, text] of Object.entries(manager.files)) write(name, text)
  if (kind !== 'monorepo') {
    const module = kind === 'esm' ? 'module' : 'commonjs'
    write('package.json', {
      ...named('train'),
      type: module,
      dependencies,
      ...tools(typescript),
      ...manager.fields,
    })
    write('tsconfig.json', tsconfig)
    const program = writeProgram(root, kind === 'esm' ? 'ts' : 'mts')
    if (kind === 'esm') return { folder: root, program }
    write('use.js', commonJsText)
    return { folder: root, program, commonJs: 'use.js' }
  }
  const packages = ['apps/*', 'packages/*']
  const inManifest = manager.workspaces === 'package.json'
  write('package.json', { ...named('acme'), ...manager.fields, ...(inManifest ? { workspaces: packages } : {}) })
  if (!inManifest) {
    const own = manager.files[manager.workspaces] ?? ''
    write(manager.workspaces, `packages:\n${packages.map((path) => `  - ${path}\n`).join('')}${own}`)
  }
  write('packages/stages/package.json', {
    ...named('@acme/stages'),
    type: 'module',
    exports: './src/mean.ts',
    dependencies,
  })
  write('packages/stages/src/mean.ts', stageText)
  write('apps/train/package.json', {
    ...named('@acme/train'),
    type: 'module',
    dependencies: { ...dependencies, '@acme/stages': manager.neighbour },
    ...tools(typescript),
  })
  write('apps/train/tsconfig.json', tsconfig)
  write('apps/train/pipeline.ts', programText('@acme/stages'))
  return { folder: join(root, 'apps/train'), program: 'pipeline.ts' }
}
