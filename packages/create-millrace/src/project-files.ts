import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PackageManager } from './package-manager.ts'

export interface Project {
  /** The folder that it will be. */
  readonly path: string
  readonly template: string
  readonly name: string
  readonly manager: PackageManager
}

const own = join(import.meta.dirname, '..')

/** Millrace and this package are released together, under one version. */
export const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { version: string }

/** The files of a project by their relative paths. */
export function projectFiles(project: Project): Map<string, Uint8Array | string> {
  const source = join(own, 'templates', project.template)
  const files = new Map<string, Uint8Array | string>()
  for (const path of filesIn(source)) files.set(path.slice(source.length + 1), readFileSync(path))
  const change = (from: string, to: string, text: (text: string) => string) => {
    const bytes = files.get(from) ?? ''
    files.delete(from)
    files.set(to, text(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')))
  }
  // npm packs no .gitignore
  change('_gitignore', '.gitignore', (text) => (project.manager === 'yarn' ? `${text}.yarn/\n` : text))
  change('package.json', 'package.json', (text) => manifest(text, project.name))
  change('README.md', 'README.md', (text) => readme(text, project))
  // TypeScript 7 finds no packages without node_modules
  if (project.manager === 'yarn' && !isAbove(project.path, yarnSettings))
    files.set(yarnSettings, 'nodeLinker: node-modules\n')
  return files
}

/** Not by `recursive`: under Yarn's Plug'n'Play the entries of an archive lack their folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'node_modules' && name !== '.millrace')
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]))

function manifest(text: string, name: string): string {
  const { dependencies, ...rest } = JSON.parse(text) as { dependencies: Record<string, string> }
  const all = { ...rest, name, dependencies: { ...dependencies, millrace: `^${version}` } }
  // in the order of the template
  const sorted = Object.keys(JSON.parse(text) as object).map((key) => [key, all[key as keyof typeof all]])
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`
}

/** The page is written for npm. */
const readme = (text: string, { name, manager }: Project): string =>
  text.replace(/^# .*/, `# ${name}`).replaceAll(/\bnpm\b/g, manager)

const yarnSettings = '.yarnrc.yml'

/** Whether a folder above has such a file, which then holds for the project too. */
function isAbove(path: string, file: string): boolean {
  const above = dirname(path)
  return above !== path && (existsSync(join(above, file)) || isAbove(above, file))
}
