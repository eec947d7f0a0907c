import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from './file-errors.ts'

/** The folders that a store makes; those below come and go. */
const folders = [
  'attempts',
  'attempts/.open',
  'cards',
  'code',
  'inputs',
  'jobs',
  'nodes',
  'packages',
  'released',
  'prune',
  'results',
  'results/packs',
  'results/tmp',
  'runs',
  'runs/open',
  'runs/tmp',
]

/** A store is one folder. Where a link leads one of its own elsewhere, others' files would be written and removed. */
export function refuseLinks(root: string): void {
  for (const name of folders) refuseLink(join(root, name))
}

/** Refuses a link in the place of a folder. */
export function refuseLink(path: string): void {
  if (isLink(path))
    refuse(path, 'it is a symbolic link', 'Put the folder itself in its place, or choose another store with --store.')
}

export function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch {
    // who uses it is told why it can't be
    return false
  }
}
