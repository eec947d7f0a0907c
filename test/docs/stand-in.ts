import { globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installInto, packageFolder } from './install-into.ts'

/**
 * Stands for npm, pnpm, yarn and bun while a page is run: nothing is fetched. What is installed is linked from the
 * packages that a page may name; another name fails. Arguments: the folder with these packages, the manager, its words.
 */
const [packages = '', manager = '', ...words] = process.argv.slice(2)
const [verb = '', ...more] = words
const options = ['--save-dev', '--save-exact', '-D', '-E', '-d', '--workspaces', '--frozen-lockfile', '--dev']

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly workspaces?: readonly string[]
}

const manifest = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest

const refuse = (why: string): never => {
  console.error(`${manager} ${words.join(' ')}: ${why}`)
  process.exit(1)
}

function link(named: string): void {
  const name = named.replace(/(?<=.)@[^/]*$/, '')
  if (packageFolder(packages, name) === undefined) refuse(`no test installs "${name}"`)
  installInto('.', packages, name)
}

const verbs: Readonly<Record<string, readonly string[]>> = {
  npm: ['install', 'i'],
  pnpm: ['add'],
  yarn: ['add'],
  bun: ['add'],
}
const frozen = ['npm ci', 'pnpm install', 'yarn install', 'bun install', 'npm install']

if (frozen.includes(`${manager} ${verb}`) && more.every((word) => word.startsWith('-'))) {
  const { dependencies, devDependencies, workspaces = [] } = manifest('package.json')
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) link(name)
  for (const file of globSync(workspaces.map((folder) => `${folder}/package.json`))) {
    const to = join('node_modules', manifest(file).name)
    mkdirSync(dirname(to), { recursive: true })
    symlinkSync(join(process.cwd(), dirname(file)), to)
  }
} else if (verbs[manager]?.includes(verb)) {
  const unknown = more.find((word) => word.startsWith('-') && !options.includes(word))
  if (unknown !== undefined) refuse(`no test knows ${unknown}`)
  for (const name of more.filter((word) => !word.startsWith('-'))) link(name)
} else if (!(verb === 'create' && /^millrace(@latest)?$/.test(more[0] ?? ''))) refuse('no test knows this')
