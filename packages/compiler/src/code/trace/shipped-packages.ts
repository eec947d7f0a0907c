import { readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ArchiveFile } from '@millrace/ir'
import { nameOf, packageFolder } from '../modules/packages.ts'
import type { PackageContext } from './package-context.ts'
import { placePackages } from './package-places.ts'

/** Packages that lie beside a stage's code. */
export interface ShippedPackages {
  /** By the name of the package. */
  readonly files: ReadonlyMap<string, readonly ArchiveFile[]>
  /** Where a file of one lies, relative to `stage.mjs`. */
  placeOf(file: string): string
}

/** @param entries the modules that the stage's code imports */
export function shipPackages(context: PackageContext, entries: readonly string[]): ShippedPackages {
  const traced = context.trace(entries)
  const roots = new Set(entries.map((entry) => packageFolder(entry) as string))
  const places = placePackages([...roots], (root) => traced.dependenciesOf(root))
  const files = new Map<string, ArchiveFile[]>()
  for (const [root, paths] of traced.files) {
    const name = context.packages.at(root)?.name ?? nameOf(root)
    const own = files.get(name) ?? []
    files.set(name, own)
    for (const place of places.get(root) ?? [])
      for (const path of paths) own.push(fileAt(join(root, path), `${place}/${path}`))
  }
  return {
    files,
    placeOf(file) {
      const root = packageFolder(file) as string
      return `${places.get(root)?.[0]}/${relative(root, file).replaceAll('\\', '/')}`
    },
  }
}

const fileAt = (file: string, path: string): ArchiveFile => ({
  path,
  bytes: readFileSync(file),
  executable: (statSync(file).mode & 0o100) !== 0,
})
