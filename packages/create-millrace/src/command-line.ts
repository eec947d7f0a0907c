import { parseArgs } from 'node:util'
import { hint } from '@millrace/ir'
import { CreateError } from './create-error.ts'
import { managerNamed, type PackageManager } from './package-manager.ts'
import { checkName } from './package-name.ts'
import { templateNamed, templates } from './templates.ts'

/** What the command line says; what it leaves out is asked for, or has a default. */
export interface Wishes {
  readonly folder?: string
  readonly template?: string
  readonly name?: string
  readonly manager?: PackageManager
  readonly install: boolean
  readonly git: boolean
  readonly yes: boolean
  readonly help: boolean
  readonly version: boolean
}

const options = {
  template: { type: 'string' },
  name: { type: 'string' },
  'package-manager': { type: 'string' },
  'no-install': { type: 'boolean' },
  'no-git': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const
type Option = keyof typeof options

export const help = `Examples:
  npm create millrace
  npm create millrace my-pipeline -- --template digits

Usage: create-millrace [folder] [options]

Makes a project with a pipeline, its test and its configuration.

Options:
${templates.map(({ name, what }, i) => `  ${(i === 0 ? '--template <name>' : '').padEnd(26)}${name}: ${what}${i === 0 ? ' (the default)' : ''}`).join('\n')}
  --name <name>             of the package; default: after the folder
  --package-manager <name>  npm, pnpm, yarn or bun; default: the one that runs this
  --no-install              leave the packages to you
  --no-git                  start no git repository
  -y, --yes                 ask nothing, take the defaults
  -V, --version             show the version
  -h, --help                show this

The folder is "my-pipeline" where none is given and none can be asked for.
`

/** @throws CreateError `usage` for a word that means nothing here */
export function readWords(words: readonly string[], env: NodeJS.ProcessEnv): Wishes {
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true })
  const texts = new Map<Option, string>()
  const flags = new Set<Option>()
  const folders: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') folders.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (!isOption(name)) {
      const near = hint(
        rawName,
        Object.keys(options).map((known) => `--${known}`),
      )
      throw usage(`there is no option "${rawName}"${near}`, 'See --help for the options there are.')
    }
    if (options[name].type === 'boolean') {
      if (value !== undefined)
        throw usage(`${rawName} takes no value, and is given "${value}"`, `Write ${rawName} alone.`)
      flags.add(name)
    } else if (!value || (!token.inlineValue && value.startsWith('-')))
      throw usage(`${rawName} has no value`, `Write it after the option, for example ${rawName} ${example[name]}.`)
    else texts.set(name, value)
  }
  keptByNpm(texts, env)
  const [folder, second] = folders
  if (second !== undefined)
    throw usage(
      `"${second}" is a second folder after "${folder}"`,
      'Give one folder, in quotes if its name has spaces.',
    )
  if (folder === '') throw usage('the folder has no name', 'Give the path of a folder, for example my-pipeline.')
  const template = texts.get('template')
  const name = texts.get('name')
  const manager = texts.get('package-manager')
  return {
    ...(folder !== undefined && { folder }),
    ...(template !== undefined && { template: templateNamed(template) }),
    ...(name !== undefined && { name: checkName(name) }),
    ...(manager !== undefined && { manager: managerNamed(manager) }),
    install: !flags.has('no-install'),
    git: !flags.has('no-git'),
    yes: flags.has('yes'),
    help: flags.has('help'),
    version: flags.has('version'),
  }
}

const example: Readonly<Partial<Record<Option, string>>> = {
  template: 'digits',
  name: 'my-pipeline',
  'package-manager': 'pnpm',
}

const isOption = (name: string): name is Option => Object.hasOwn(options, name)

/** Without `--`, npm takes the options of `npm create` for its own: a variable tells of them, and may lack the value. */
function keptByNpm(texts: ReadonlyMap<Option, string>, env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(example) as Option[]) {
    const kept = env[`npm_config_${name.replaceAll('-', '_')}`]
    if (!kept || texts.has(name)) continue
    const value = kept === 'true' ? example[name] : kept
    const fix = `Write -- before the options: npm create millrace my-pipeline -- --${name} ${value}.`
    throw usage(`npm kept --${name} for itself`, fix)
  }
}

const usage = (message: string, fix: string): CreateError => new CreateError('usage', message, fix)
