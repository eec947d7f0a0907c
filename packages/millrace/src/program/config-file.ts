import { existsSync, lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const name = 'millrace.config.ts'

/** A program's config, and those that were passed over as another user owns them: a config is code. */
export interface FoundConfig {
  readonly file?: string
  readonly strange: readonly string[]
}

/**
 * The nearest `millrace.config.ts`, beside the program or above it in its project: up to the nearest folder with `.git`
 * or `pnpm-workspace.yaml`, else with a `package.json`. It belongs to who runs the program, or to who owns that.
 */
export function findConfig(program: string): FoundConfig {
  const strange: string[] = []
  for (const folder of projectFolders(dirname(program))) {
    const file = join(folder, name)
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue
    if (isTrusted(file, program)) return { file, strange }
    strange.push(file)
  }
  return { strange }
}

/** From a folder up to the end of its project. */
function projectFolders(start: string): readonly string[] {
  const folders = foldersAbove(start)
  const end = (...names: readonly string[]) =>
    folders.findIndex((folder) => names.some((name) => existsSync(join(folder, name))))
  const repository = end('.git', 'pnpm-workspace.yaml')
  return folders.slice(0, Math.max(0, repository >= 0 ? repository : end('package.json')) + 1)
}

/** A folder and all above it. */
export function foldersAbove(start: string): readonly string[] {
  const folders = [start]
  for (let at = start; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at))
  return folders
}

/** Whether a file is of who runs this process, or of who owns the program, whose code runs anyway. */
export function isTrusted(file: string, program: string): boolean {
  const self = process.getuid?.()
  if (self === undefined) return true
  const trusted = new Set([self, statSync(program, { throwIfNoEntry: false })?.uid])
  // a link of somebody else may lead to a file of ours
  return trusted.has(lstatSync(file).uid) && trusted.has(statSync(file).uid)
}
