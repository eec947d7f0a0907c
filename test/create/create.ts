import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { packed } from '../support/packed.ts'
import { node, root } from '../support/processes.ts'

export const bin = join(await packed('create-millrace'), 'dist/bin.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command as a user would off a terminal, with nothing of this test run in its variables. */
export function command(folder: string, words: readonly string[], env: Record<string, string> = {}): Ended {
  const { PATH = '', HOME = '', TMPDIR = tmpdir(), XDG_CACHE_HOME = '' } = process.env
  // half of the time of a short program
  const kept = { XDG_CACHE_HOME, NODE_COMPILE_CACHE: join(root, 'test/.tmp/.compiled') }
  const all = { PATH: `${dirname(node)}:${PATH}`, HOME, TMPDIR, ...kept, ...env }
  const [name = '', ...more] = words
  const { error, status, stdout, stderr } = spawnSync(name, more, { cwd: folder, env: all, encoding: 'utf8' })
  if (error) throw error
  return { code: status, stdout, stderr }
}

/** Runs the packed program. */
export const create = (folder: string, words: readonly string[], env?: Record<string, string>): Ended =>
  command(folder, [node, bin, ...words], env)

/** An empty folder, outside of any repository, that goes when the test ends. */
export function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'create-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with a program of that name, to stand first in PATH. */
export function standIn(folder: string, name: string, script: string): string {
  const path = join(folder, 'bin')
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(path, name), 0o755)
  return path
}
