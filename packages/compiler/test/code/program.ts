import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { indexCode } from '../../src/code/digest/code-index.ts'
import type { CodeIndex, CodeRequest } from '../../src/code/digest/stage-code.ts'

export type Files = Readonly<Record<string, string>>

const fakeMillrace = `
const define = (kind) => (name, options) => {
  const call = (...args) => ({ kind, name, args })
  return Object.assign(call, { kind, options, with: () => call })
}
export const stage = define('stage')
export const python = define('python')
export const container = define('container')
export const pipeline = define('pipeline')
export const main = () => {}
export const map = () => {}
export const when = () => {}
export const is = () => {}
`

const base: Files = {
  'package.json': '{ "name": "program", "type": "module" }',
  'node_modules/millrace/package.json':
    '{ "name": "millrace", "version": "0.1.0", "type": "module", "exports": "./a.js" }',
  'node_modules/millrace/a.js': fakeMillrace,
}

const zod = dirname(createRequire(new URL('../../../ir/package.json', import.meta.url)).resolve('zod'))
const roots: string[] = []
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

export function newFolder(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-bundle-')))
  roots.push(root)
  return root
}

/** Writes a program into a new folder, beside a fake millrace and the real zod. */
export function write(files: Files): string {
  const root = newFolder()
  change(root, { ...base, ...files })
  symlinkSync(zod, join(root, 'node_modules/zod'))
  return root
}

export function change(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

export function copyTo(root: string, place: string): string {
  const to = join(newFolder(), place)
  cpSync(root, to, { recursive: true, verbatimSymlinks: true })
  return to
}

/** Node's own import: vitest would transform the program. A program that was changed in place is another program. */
const nativeImport = ((): ((url: string) => Promise<Record<string, unknown>>) => {
  const file = join(newFolder(), 'import.cjs')
  writeFileSync(
    file,
    `require('node:module').registerHooks({ resolve(specifier, context, next) {
      const found = next(specifier, context)
      const [version] = /[?]run=\\d+$/.exec(context.parentURL ?? '') ?? ['']
      return version && found.url.startsWith('file:') && !found.url.includes('?') ? { ...found, url: found.url + version } : found
    } })
    module.exports = (url) => import(url)`,
  )
  return createRequire(file)(file)
})()
let version = 0

/** Indexes exports of a program: `train` of its entry, or `train@helper.ts` of another module. */
export async function index(
  root: string,
  keys: readonly string[] = ['train'],
  request: Partial<CodeRequest> = {},
): Promise<CodeIndex> {
  const suffix = `?run=${version++}`
  const importModule = (url: string): Promise<Record<string, unknown>> => nativeImport(url + suffix)
  const entry = request.entry ?? join(root, 'main.ts')
  const stages: { key: string; stage: object }[] = []
  for (const key of keys) {
    const [name = '', file = entry.slice(root.length + 1)] = key.split('@')
    const namespace = await importModule(`file://${join(root, file)}`)
    stages.push({ key, stage: namespace[name] as object })
  }
  return indexCode({ entry, stages, importModule, ...request })
}

export async function digestIn(root: string, key = 'train'): Promise<string> {
  const { stages, diagnostics } = await index(root, [key])
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const found = stages.get(key)
  if (!found) throw new Error(`no digest of ${key}`)
  return found.code
}

/** The digest of one export of a program of these files, each time in another folder. */
export const digest = (files: Files, key?: string): Promise<string> => digestIn(write(files), key)

/** The index of a program that isn't run, as node alone couldn't: its entry exports the stage `train`. */
export async function lookAt(root: string, request: Partial<CodeRequest> = {}): Promise<CodeIndex> {
  const stage = {}
  const entry = request.entry ?? join(root, 'main.ts')
  const importModule = async (url: string): Promise<Record<string, unknown>> =>
    url.endsWith(realpathSync(entry)) ? { train: stage } : {}
  return indexCode({ entry, stages: [{ key: 'train', stage }], importModule, ...request })
}

/** The digest of the stage `train` of such a program. */
export async function digestUnrun(files: Files): Promise<string> {
  const { stages, diagnostics } = await lookAt(write(files))
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return stages.get('train')?.code as string
}
