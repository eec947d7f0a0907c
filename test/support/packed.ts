import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/**
 * A folder like that of a user who installed the package from a registry: `node_modules/millrace` is what `pnpm pack`
 * makes, and what it depends on lies beside it.
 */
export function packedProject(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  const source = join(root, 'packages/millrace')
  execFileSync(join(root, 'node_modules/.bin/tsx'), ['build.ts', '--types'], { cwd: source, stdio: 'pipe' })
  execFileSync('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', folder], { cwd: source, stdio: 'pipe' })
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  execFileSync('tar', ['xzf', `millrace-${version}.tgz`], { cwd: folder })
  execFileSync('mv', ['package', 'node_modules/millrace'], { cwd: folder })
  for (const name of ['commander', 'rolldown', 'tsx', 'yaml', 'zod'])
    symlinkSync(join(source, 'node_modules', name), join(modules, name))
  for (const name of ['typescript', '@types']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  return folder
}
