import { basename, relative } from 'node:path'
import { help, readWords, type Wishes } from './command-line.ts'
import { CreateError } from './create-error.ts'
import { install, startedBy } from './package-manager.ts'
import { nameAfter } from './package-name.ts'
import { projectFiles, version } from './project-files.ts'
import { defaultFolder, type ProjectFolder, projectFolder } from './project-folder.ts'
import { ask, Cancelled } from './question.ts'
import { startRepository } from './repository.ts'
import { templateNamed, templates } from './templates.ts'
import { writeProject } from './write-project.ts'

/** Gives the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const wishes = readWords(words, process.env)
    if (wishes.help || wishes.version) {
      say(wishes.help ? help : `${version}\n`)
      return 0
    }
    return await create(wishes)
  } catch (error) {
    if (error instanceof Cancelled) return 130
    if (!(error instanceof CreateError)) throw error
    process.stderr.write(String(error))
    return error.code === 'usage' ? 2 : 1
  }
}

async function create(wishes: Wishes): Promise<number> {
  const asks = !wishes.yes && !isCi(process.env.CI) && process.stdin.isTTY && process.stdout.isTTY
  const given = wishes.folder === undefined ? undefined : projectFolder(wishes.folder)
  const folder = given ?? (asks ? await ask('Folder', defaultFolder, projectFolder) : projectFolder(defaultFolder))
  const template = wishes.template ?? (asks ? await askTemplate() : templates[0].name)
  const manager = wishes.manager ?? startedBy(process.env.npm_config_user_agent)
  const name = wishes.name ?? nameAfter(basename(folder.path))

  writeProject(folder, projectFiles({ path: folder.path, template, name, manager }))
  say(`"${folder.written}" has a project from the template "${template}".\n`)
  const trouble = wishes.git ? startRepository(folder.path) : undefined
  if (trouble) say(`${trouble}\n`)
  const enter = into(folder)
  if (wishes.install) {
    const code = install(manager, folder.path, [...enter, `${manager} install`].join(' && '))
    if (code !== 0) return code
  }
  const next = [...enter, ...(wishes.install ? [] : [`${manager} install`]), `${manager} start`]
  say(`\nNext:\n${next.map((command) => `  ${command}\n`).join('')}\nREADME.md says more.\n`)
  return 0
}

const askTemplate = (): Promise<string> => {
  say(templates.map((template) => `  ${template.name.padEnd(8)}${template.what}\n`).join(''))
  return ask('Template', templates[0].name, templateNamed)
}

/** The command that goes into the folder, if one is needed. */
function into({ path }: ProjectFolder): string[] {
  const way = relative(process.cwd(), path)
  if (way === '') return []
  const windows = process.platform === 'win32'
  if (/^[\p{L}\p{N}._][\p{L}\p{N}/._:@+-]*$/u.test(windows ? way.replaceAll('\\', '/') : way)) return [`cd ${way}`]
  return [windows ? `cd "${way}"` : `cd -- '${way.replaceAll("'", `'\\''`)}'`]
}

const isCi = (ci: string | undefined): boolean => ci !== undefined && !['', '0', 'false'].includes(ci)

const say = (text: string): void => void process.stdout.write(text)
