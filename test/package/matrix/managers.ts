import { delimiter, join } from 'node:path'

/** One way to install: a package manager, and where it puts what it installs. */
export interface Manager {
  readonly name: string
  /** Words that install what `package.json` asks for. */
  readonly install: readonly string[]
  /** Words before the packages to add to it. */
  readonly add: readonly string[]
  /** Words before the folder of a new project, and those that end what the manager takes for its own. */
  readonly create: readonly string[]
  readonly beforeOptions: readonly string[]
  /** Words before the name of a script. */
  readonly script: readonly string[]
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

const plain = {
  node: ['node'],
  beforeOptions: [],
  files: {},
  fields: {},
  neighbour: 'workspace:*',
  workspaces: 'package.json',
  pnp: false,
} as const

const yarn = {
  ...plain,
  install: ['yarn', 'install'],
  add: ['yarn', 'add'],
  create: ['yarn', 'create', 'millrace@latest'],
  script: ['yarn', 'run'],
  exec: ['yarn', 'exec'],
  fields: { dependenciesMeta: { esbuild: { built: false } } },
}
const linker = (name: string) => ({ '.yarnrc.yml': `nodeLinker: ${name}\n`, 'yarn.lock': '' })

export const managers: readonly Manager[] = [
  {
    ...plain,
    name: 'npm',
    install: ['npm', 'install'],
    add: ['npm', 'install'],
    create: ['npm', 'create', '--yes', 'millrace@latest'],
    beforeOptions: ['--'],
    script: ['npm', 'run'],
    exec: ['npm', 'exec', '--'],
    fields: { allowScripts: { esbuild: false } },
    neighbour: '*',
  },
  {
    ...plain,
    name: 'pnpm',
    install: ['pnpm', 'install'],
    add: ['pnpm', 'add'],
    create: ['pnpm', 'create', 'millrace@latest'],
    script: ['pnpm', 'run'],
    exec: ['pnpm', 'exec'],
    files: { 'pnpm-workspace.yaml': 'allowBuilds:\n  esbuild: false\n' },
    workspaces: 'pnpm-workspace.yaml',
  },
  { ...yarn, name: 'yarn', files: linker('node-modules') },
  { ...yarn, name: 'yarn PnP', node: ['yarn', 'node'], files: linker('pnp'), pnp: true },
  {
    ...plain,
    name: 'bun',
    install: ['bun', 'install'],
    add: ['bun', 'add'],
    create: ['bun', 'create', 'millrace@latest'],
    script: ['bun', 'run'],
    exec: ['bun', 'x', '--no-install'],
  },
]

/** The environment of somebody who has what some folders hold, and nothing else. */
export const environmentOf = (programs: readonly string[], registry: string, caches: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm|pnpm|yarn|bun)_|^NODE_OPTIONS$|^CI$/i.test(name)),
  ),
  PATH: [...programs, '/usr/bin', '/bin'].join(delimiter),
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
