import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { root } from './processes.ts'

const source = join(root, 'packages/millrace')

/** Bundles the workspace into `packages/millrace/dist`. */
export const buildMillrace = (): void => {
  execFileSync(join(root, 'node_modules/.bin/tsx'), ['build.ts'], { cwd: source, stdio: 'inherit' })
}

/**
 * A folder beneath which `millrace` is the bundle as it would be published, which starts faster than the sources, and
 * stays as it is while others build again. Build before.
 */
export function builtFolder(): string {
  const dist = join(source, 'dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?js$/.test(name))
    .sort()
  const hash = createHash('sha256')
  for (const name of files) hash.update(name).update(readFileSync(join(dist, name)))
  const folder = join(root, 'test/.tmp', `built-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return folder
  const made = `${folder}.${randomBytes(4).toString('hex')}`
  const modules = join(made, 'node_modules')
  const millrace = join(modules, 'millrace')
  mkdirSync(join(millrace, 'dist/pod'), { recursive: true })
  for (const name of files) cpSync(join(dist, name), join(millrace, 'dist', name))
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Record<string, unknown>
  const exports = { '.': './dist/index.js', './config': './dist/config.js' }
  writeFileSync(join(millrace, 'package.json'), JSON.stringify({ ...manifest, exports }))
  for (const name of ['commander', 'rolldown', 'tsx', 'yaml', 'zod'])
    symlinkSync(join(source, 'node_modules', name), join(modules, name))
  writeFileSync(join(made, 'package.json'), '{ "private": true, "type": "module" }')
  try {
    renameSync(made, folder)
  } catch (error) {
    // another process was quicker
    rmSync(made, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}
