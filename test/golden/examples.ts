import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Goldens } from './print.ts'

const root = join(import.meta.dirname, '../..')

/** `01-hello` has the program `hello.ts`, whose pipeline is `hello`. */
export interface Example {
  readonly folder: string
  readonly path: string
  readonly name: string
}

export const examples: readonly Example[] = readdirSync(join(root, 'examples'))
  .filter((folder) => /^\d\d-/.test(folder))
  .map((folder) => ({ folder, path: join(root, 'examples', folder), name: folder.slice(3) }))
  .filter(({ path, name }) => existsSync(join(path, `${name}.ts`)))

/** The goldens of an example as a process of its own makes them. */
export async function makeGoldens(path: string, name: string, env: NodeJS.ProcessEnv = {}): Promise<Goldens> {
  const loader = join(root, 'node_modules/tsx/dist/loader.mjs')
  const words = ['--import', loader, join(import.meta.dirname, 'print.ts'), join(path, `${name}.ts`), name]
  const node = join(root, 'node_modules/node/bin/node')
  const options = { cwd: path, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(node, words, options)
  return JSON.parse(stdout) as Goldens
}
