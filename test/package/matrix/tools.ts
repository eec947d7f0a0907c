import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/processes.ts'

/** What a stranger may have. */
export const nodes = ['22.19.0', '24.11.0'] as const
export const typescripts = ['5.9.3', '7.0.2'] as const
export type NodeVersion = (typeof nodes)[number]
export type TypeScriptVersion = (typeof typescripts)[number]

export interface Tools {
  /** A folder that holds `node`. */
  node(version: NodeVersion): string
  /** A folder that holds `npm`, `pnpm`, `yarn` and `bun`. */
  readonly managers: string
}

const versions = { npm: '11.21.2', pnpm: '12.21.0', '@yarnpkg/cli-dist': '4.18.1', bun: '1.4.5' }

const programs = {
  npm: 'npm/bin/npm-cli.js',
  pnpm: 'pnpm/bin/pnpm.mjs',
  yarn: '@yarnpkg/cli-dist/bin/yarn.js',
  bun: 'bun/bin/bun.exe',
}

/** Installs them once, beside the other files of tests. */
export function readyTools(): Tools {
  const folder = join(root, 'test/.tmp/matrix-tools')
  const at = (...parts: string[]): string => join(folder, ...parts)
  const wanted = {
    ...versions,
    ...Object.fromEntries(nodes.map((version) => [`node-${version}`, `npm:node@${version}`])),
  }
  mkdirSync(folder, { recursive: true })
  const manifest = JSON.stringify({ private: true, dependencies: wanted }, null, 2)
  const done = at('done')
  if (!existsSync(done)) {
    writeFileSync(at('package.json'), manifest)
    execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
    writeFileSync(done, '')
  }
  const managers = at('bin')
  mkdirSync(managers, { recursive: true })
  for (const [name, file] of Object.entries(programs)) {
    const start = name === 'bun' ? '' : 'node '
    writeFileSync(join(managers, name), `#!/bin/sh\nexec ${start}"${at('node_modules', file)}" "$@"\n`, { mode: 0o755 })
  }
  return { managers, node: (version) => at('node_modules', `node-${version}`, 'bin') }
}
