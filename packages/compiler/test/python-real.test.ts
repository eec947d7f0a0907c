import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codingLine } from '../src/code/python/coding-line.ts'
import { importsOf } from '../src/code/python/imports.ts'
import { lex } from '../src/code/python/lexer.ts'
import { askPython, pythonFiles, type RealFile, realPythons } from './real-python.ts'

/** `MILLRACE_LEXER=all`: every file of every Python, and what is installed there, which takes minutes. */
const all = process.env.MILLRACE_LEXER === 'all'
const pythons = realPythons(all)
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What differs from what Python says, the first of each file. */
function compare({ file, tokens: want, imports: wanted }: RealFile): string | undefined {
  let text: string
  try {
    text = utf8.decode(readFileSync(file))
  } catch {
    return undefined
  }
  if (want === null || !/^utf-?8/.test(codingLine(text)?.encoding ?? 'utf-8')) return undefined
  const { tokens, unsure } = lex(text)
  if (unsure) return `${file}:${unsure.line} unsure: ${unsure.message}`
  const got = tokens.map(({ kind, text, line }) => [kind, text, kind === 'newline' || kind === 'dedent' ? 0 : line])
  for (let i = 0; i < Math.max(want.length, got.length); i++)
    if (String(want[i]) !== String(got[i])) return `${file} token ${i}: ${got[i]}, not ${want[i]}`
  const said = importsOf(tokens).flatMap(({ form, module, level, names, line, guarded, typeChecking }) =>
    form === 'call' && level > 0
      ? []
      : [[form, '.'.repeat(level) + module, names.map(({ name }) => name).join(), line, guarded, typeChecking]],
  )
  for (let i = 0; i < Math.max(wanted.length, said.length); i++)
    if (String(wanted[i]) !== String(said[i])) return `${file} import ${i}: ${said[i]}, not ${wanted[i]}`
  return undefined
}

test.skipIf(pythons.length > 0)('no python3 here: nothing to compare with', () => {})

for (const python of pythons)
  test(`tokens and imports are those of Python ${python.version}`, () => {
    const files = pythonFiles(python, all).filter((_, i) => all || i % 20 === 0)
    const said: RealFile[] = []
    for (let i = 0; i < files.length; i += 100) said.push(...askPython(python, files.slice(i, i + 100)))
    expect(said.map(({ file }) => file)).toEqual(files)
    const differences = said.flatMap((one) => compare(one) ?? [])
    if (all) {
      const taken = said.filter(({ tokens }) => tokens !== null).length
      const count = (of: (one: RealFile) => number): number => said.reduce((sum, one) => sum + of(one), 0)
      console.log(
        `${python.path} ${python.version}: ${files.length} files, ${taken} taken, ${differences.length} differ, ${count(({ tokens }) => tokens?.length ?? 0)} tokens, ${count(({ imports }) => imports.length)} imports`,
      )
    }
    expect(differences).toEqual([])
  })
