import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where a package lies that a page may install: with ours, or where ours can't find it by itself. */
export const packageFolder = (packages: string, name: string): string | undefined =>
  [join(packages, 'node_modules', name), join(packages, 'apart', name)].find((path) => existsSync(path))

/** Puts a package into the `node_modules` of a folder. */
export function installInto(folder: string, packages: string, name: string): void {
  const from = packageFolder(packages, name)
  const to = join(folder, 'node_modules', name)
  if (existsSync(to)) return
  if (from === undefined) throw new Error(`no test installs "${name}"`)
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
}
