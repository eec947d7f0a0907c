import { lstatSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { isLink } from './own-folders.ts'

/** Whether a folder itself stands at a path: what a link leads to is not the store's. */
export function isRealFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}

/** Whether a folder below another, and all between them, are folders themselves. */
export const isRealBelow = (root: string, ...names: readonly string[]): boolean =>
  names.every((_, i) => isRealFolder(join(root, ...names.slice(0, i + 1))))

/** Whether a link stands at a path in a folder, or on the way to it. */
export const hasLink = (root: string, inside: string): boolean =>
  inside.split(sep).some((_, i, names) => isLink(join(root, ...names.slice(0, i + 1))))

/** The names of the folders in a folder, without links to some. */
export const foldersIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
