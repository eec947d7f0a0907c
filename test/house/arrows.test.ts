import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** The house (ARCHITECTURE.md): which workspace packages a package may import. No arrow points left. */
const arrows: Record<string, readonly string[]> = {
  ir: [],
  sdk: ['ir'],
  compiler: ['ir'],
  store: ['ir'],
  engine: ['ir', 'store'],
  runner: ['ir', 'store'],
  'runtime-local': ['ir', 'store', 'engine', 'runner'],
  'runtime-kubernetes': ['ir', 'store', 'engine'],
  'create-millrace': ['ir'],
  // in Python
  python: [],
  millrace: ['ir', 'sdk', 'compiler', 'store', 'engine', 'runner', 'runtime-local', 'runtime-kubernetes'],
}

const sources = (name: string): string[] =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, 'packages', name, 'src', file))

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string)

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|`[^`]*`/g, '')

test('every package of the workspace has its place in the house', () => {
  expect(readdirSync(join(root, 'packages')).sort()).toEqual(Object.keys(arrows).sort())
})

describe.each(Object.entries(arrows))('packages/%s', (name, allowed) => {
  test('imports only what stands left of it', () => {
    const wrong = sources(name).flatMap((file) =>
      importsOf(file)
        .filter((from) => from.startsWith('@millrace/') && !allowed.includes(from.slice('@millrace/'.length)))
        .map((from) => `${relative(root, file)} imports ${from}`),
    )
    expect(wrong).toEqual([])
  })

  test('imports packages by their public entry only', () => {
    const wrong = sources(name).flatMap((file) =>
      importsOf(file).filter((from) => /^@millrace\/[^/]+\//.test(from) || /(^|\/)packages\//.test(from)),
    )
    expect(wrong).toEqual([])
  })

  test('index.ts, where there is one, holds exports only', () => {
    const index = join(root, 'packages', name, 'src/index.ts')
    const text = existsSync(index) ? readFileSync(index, 'utf8') : ''
    const statements = text
      .replaceAll(/export (type )?\{[^}]*\} from '[^']+'/g, '')
      .replaceAll(/import '[^']+'/g, '')
      .trim()
    expect(statements).toBe('')
  })
})

test('only millrace imports modules by a name that is known at run time', () => {
  const wrong = Object.keys(arrows)
    .filter((name) => name !== 'millrace')
    .flatMap((name) =>
      sources(name).filter((file) => /\bimport\((?!\s*['…])/.test(withoutComments(readFileSync(file, 'utf8')))),
    )
    .map((file) => relative(root, file))
  expect(wrong).toEqual([])
})

test('ir and sdk do no input and output', () => {
  const io = ['node:fs', 'node:fs/promises', 'node:child_process', 'node:net', 'node:http', 'node:os']
  const wrong = ['ir', 'sdk'].flatMap((name) =>
    sources(name).flatMap((file) =>
      importsOf(file)
        .filter((from) => io.includes(from))
        .map((from) => `${relative(root, file)} ${from}`),
    ),
  )
  expect(wrong).toEqual([])
})
