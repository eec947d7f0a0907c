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
  /** The program of a package manager, for Node, but for bun's own. */
  readonly npm: string
  readonly pnpm: string
  readonly yarn: string
  readonly bun: string
}

const versions = { npm: '11.21.2', pnpm: '12.21.0', '@yarnpkg/cli-dist': '4.18.1', bun: '1.4.5' }

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
  return {
    node: (version) => at('node_modules', `node-${version}`, 'bin'),
    npm: at('node_modules/npm/bin/npm-cli.js'),
    pnpm: at('node_modules/pnpm/bin/pnpm.mjs'),
    yarn: at('node_modules/@yarnpkg/cli-dist/bin/yarn.js'),
    bun: at('node_modules/bun/bin/bun.exe'),
  }
}
