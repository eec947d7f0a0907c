import { spawnSync } from 'node:child_process'

/** Starts a git repository, unless the folder is in one. Gives what went wrong, in a line; nothing where git is not there. */
export function startRepository(path: string): string | undefined {
  const git = (...words: string[]) => spawnSync('git', words, { cwd: path, encoding: 'utf8' })
  const inside = git('rev-parse', '--is-inside-work-tree')
  if (inside.error || inside.status === 0) return undefined
  const { status, stderr } = git('init', '--quiet')
  return status === 0 ? undefined : `git init failed: ${stderr.trim().split('\n')[0]}`
}
