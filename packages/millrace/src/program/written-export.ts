import { readFileSync } from 'node:fs'

/**
 * The name under which a module exports what a call gives, where its source shows that it is nothing else:
 * `export const name = stage(…)`, `export default stage(…)`.
 *
 * @param line of the call, and its column, from 1
 */
export function writtenExport(file: string, line: number, column: number): string | undefined {
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch {
    return undefined
  }
  const at = lines[line - 1] ?? ''
  if (!call.test(at.slice(column - 1))) return undefined
  const before = [...lines.slice(0, line - 1), at.slice(0, column - 1).replace(/[\w$]+\s*\.\s*$/, '')].join('\n')
  const found = declaration.exec(before)
  return found ? (found[1] ?? 'default') : undefined
}

const call = /^(?:stage|pipeline|python|container)\s*[(<]/
const declaration = /(?:^|\n)export\s+(?:const\s+([\w$]+)\s*(?::[^=;]*)?=|default)\s*$/
