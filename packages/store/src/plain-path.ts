import { sep } from 'node:path'

/** What makes a name more than a name: a separator, or on Windows the letter of a drive or a stream. */
const more = sep === '/' ? /[/\0]/ : /[/\\:\0]/

/** Whether a text names one file or folder in the folder where it is looked for, and none elsewhere. */
export const isPlainName = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !more.test(name)

/** The same for a relative path with `/`. */
export const isPlainPath = (path: unknown): path is string =>
  typeof path === 'string' && path.split('/').every(isPlainName)
