import { sep } from 'node:path'

/** What makes a name more than a name: a separator, or on Windows the letter of a drive or a stream. */
const more = sep === '/' ? /[/\0]/ : /[/\\:\0]/

/** Whether a text names one file or folder in the folder where it is looked for, and none elsewhere. */
export const isPlainName = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !more.test(name)

/** Whether a text may be the name of a run, which also stands in lines and in names of files. */
export const isRunName = (name: unknown): name is string => typeof name === 'string' && /^\w[\w.+-]*$/.test(name)

/** The same for a relative path with `/`. */
export const isPlainPath = (path: unknown): path is string =>
  typeof path === 'string' && path.split('/').every(isPlainName)
