import { CreateError } from './create-error.ts'
import { defaultFolder } from './project-folder.ts'

const pattern = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** A package can't depend on itself. */
const taken: ReadonlySet<string> = new Set(['millrace', 'zod', 'typescript', '@types/node'])

const refused = (name: string): boolean => !pattern.test(name) || name.length > 214 || name === 'node_modules'

/** @throws CreateError `usage` for a name that npm would refuse */
export function checkName(name: string): string {
  if (refused(name))
    throw new CreateError(
      'usage',
      `"${name}" can't be the name of a package`,
      'Use up to 214 of a-z, 0-9, -, ., _ and ~, with no . or _ first; a scope goes before it, as in @team/name.',
    )
  if (taken.has(name))
    throw new CreateError('usage', `"${name}" is the name of a package that the project needs`, 'Give another --name.')
  return name
}

/** The name of the folder, as far as a package can bear it. */
export function nameAfter(folder: string): string {
  const name = folder
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]+/g, '-')
    .replaceAll(/^[-._]+|-+$/g, '')
    .slice(0, 214)
  return refused(name) || taken.has(name) ? defaultFolder : name
}
