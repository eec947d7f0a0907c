import { delimiter, join } from 'node:path'
import type { Tools } from './tools.ts'

/** One way to install: a package manager, and where it puts what it installs. */
export interface Manager {
  readonly name: string
  /** Words that install what `package.json` asks for. */
  readonly install: readonly string[]
  /** Words before the packages to add to it. */
  readonly add: readonly string[]
  /** Words before a program of the project's packages: `tsx`, `tsc`, `millrace`. */
  readonly exec: readonly string[]
  /** Words before a file that Node runs. */
  readonly node: readonly string[]
  /** Files of its own in the root of a project: tsx's esbuild has an install script, which is not needed. */
  readonly files: Readonly<Record<string, string>>
  /** Fields of its own in the root's `package.json`, to the same end. */
  readonly fields: Readonly<Record<string, unknown>>
  /** How a package of a workspace asks for its neighbour. */
  readonly neighbour: string
  /** Where it reads the packages of a workspace: the field of `package.json`, else a file of its own. */
  readonly workspaces: 'package.json' | 'pnpm-workspace.yaml'
  /** Without `node_modules`, only Node and what a manager patches find packages: TypeScript 7 does not. */
  readonly pnp: boolean
}

export function managersOf(tools: Tools): Manager[] {
  const plain = { files: {}, fields: {}, neighbour: '*', workspaces: 'package.json', pnp: false } as const
  const yarn = {
    install: ['node', tools.yarn, 'install'],
    add: ['node', tools.yarn, 'add'],
    exec: ['node', tools.yarn, 'exec'],
    neighbour: 'workspace:*',
    fields: { dependenciesMeta: { esbuild: { built: false } } },
  }
  // YN0092: what Yarn says of every ES module under Plug'n'Play
  const linker = (name: string) => ({
    '.yarnrc.yml': `nodeLinker: ${name}\nlogFilters:\n  - code: YN0092\n    level: discard\n`,
    'yarn.lock': '',
  })
  return [
    {
      ...plain,
      name: 'npm',
      install: ['node', tools.npm, 'install'],
      add: ['node', tools.npm, 'install'],
      exec: ['node', tools.npm, 'exec', '--'],
      node: ['node'],
      fields: { allowScripts: { esbuild: false } },
    },
    {
      ...plain,
      name: 'pnpm',
      install: ['node', tools.pnpm, 'install'],
      add: ['node', tools.pnpm, 'add'],
      exec: ['node', tools.pnpm, 'exec'],
      node: ['node'],
      files: { 'pnpm-workspace.yaml': 'allowBuilds:\n  esbuild: false\n' },
      neighbour: 'workspace:*',
      workspaces: 'pnpm-workspace.yaml',
    },
    { ...plain, ...yarn, name: 'yarn', node: ['node'], files: linker('node-modules') },
    { ...plain, ...yarn, name: 'yarn PnP', node: ['node', tools.yarn, 'node'], files: linker('pnp'), pnp: true },
    {
      ...plain,
      name: 'bun',
      install: [tools.bun, 'install'],
      add: [tools.bun, 'add'],
      exec: [tools.bun, 'x', '--no-install'],
      node: ['node'],
      neighbour: 'workspace:*',
    },
  ]
}

/** The environment of somebody who installed a Node and nothing else. */
export const environmentOf = (node: string, registry: string, caches: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm|pnpm|yarn|bun)_|^NODE_OPTIONS$|^CI$/i.test(name)),
  ),
  PATH: [node, '/usr/bin', '/bin'].join(delimiter),
  NO_COLOR: '1',
  npm_config_registry: registry,
  npm_config_userconfig: join(caches, 'npmrc'),
  pnpm_config_registry: registry,
  npm_config_cache: join(caches, 'npm'),
  YARN_NPM_REGISTRY_SERVER: registry,
  YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
  YARN_GLOBAL_FOLDER: join(caches, 'yarn'),
  YARN_ENABLE_TELEMETRY: '0',
  BUN_CONFIG_REGISTRY: registry,
  BUN_INSTALL_CACHE_DIR: join(caches, 'bun'),
})
