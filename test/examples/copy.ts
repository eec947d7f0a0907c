import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { node } from '../support/processes.ts'

export interface Done {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Copy {
  readonly path: string
  /** Runs one line of shell in the copy. */
  run(line: string, folder?: string): Promise<Done>
}

const left = /(?:^|\/)(?:node_modules|\.millrace|\.git|golden)$/

/** A copy of a folder of the workspace, with its node_modules, that goes when the test ends. */
export function copyOf(path: string): Copy {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-example-')))
  onTestFinished(() => rmSync(base, { recursive: true, force: true, maxRetries: 3 }))
  const copy = join(base, 'elsewhere')
  cpSync(path, copy, { recursive: true, filter: (from) => from === path || !left.test(from) })
  symlinkSync(join(path, 'node_modules'), join(copy, 'node_modules'))
  return { path: copy, run: (line, folder = copy) => runLine(line, folder) }
}

/** Runs a line of shell as a user would in a folder. */
function runLine(line: string, folder: string): Promise<Done> {
  const { MILLRACE_STORE: _, VITEST: __, NO_COLOR: ___, CI: ____, ...env } = process.env
  const PATH = `${dirname(node)}:${env.PATH}`
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: folder,
    env: { ...env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...texts }))
  })
}
