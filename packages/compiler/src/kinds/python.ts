import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestBytes, digestJson } from '@millrace/ir'
import type { KindCode } from './kind.ts'

/** A script of Python. */
export const python: KindCode = {
  kind: 'python',
  read(code) {
    const path = fileURLToPath('script' in code ? code.script : '')
    const files = [path, join(dirname(path), 'helpers.py')].filter((f) => existsSync(f)).map((path) => ({ path, digest: digestBytes(readFileSync(path)) }))
    return { digest: digestJson(files.map(({ digest }) => digest)), files, problems: [], known: { path, form: 'function', files: files.map(({ path }) => path) } }
  },
}
