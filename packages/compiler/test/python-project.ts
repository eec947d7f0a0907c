import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { type ScriptCode, scriptCode } from '../src/code/python/script-code.ts'

export type Files = Readonly<Record<string, string | Buffer>>
const roots: string[] = []
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

export function write(files: Files): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-python-')))
  roots.push(root)
  for (const [name, text] of Object.entries({ 'pyproject.toml': '', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

export interface Options {
  readonly script?: string
  readonly include?: readonly string[]
  readonly hasArgs?: boolean
}

/** Looks at `train.py`, in a new project. */
export function look(files: Files, { script = 'train.py', include = [], hasArgs }: Options = {}): ScriptCode {
  const root = write(files)
  const paths = include.map((path) => join(root, path))
  return scriptCode(join(root, script), { include: paths, ...(hasArgs === undefined ? {} : { hasArgs }) })
}
