import { normalize, sep } from 'node:path'

export { basename, delimiter, dirname, extname, isAbsolute, normalize, relative, resolve, sep } from 'node:path'

/**
 * `join` of Node, which uses `Array.prototype.push` as it finds it: where a stage has replaced that, Node gives `.`, the
 * folder that the user works in. The build puts this module in the place of `node:path` in all of our code (see
 * build.ts).
 */
export function join(...parts: string[]): string {
  let whole = ''
  for (let i = 0; i < parts.length; i++) if (parts[i] !== '') whole += whole === '' ? parts[i] : `${sep}${parts[i]}`
  return whole === '' ? '.' : normalize(whole)
}
