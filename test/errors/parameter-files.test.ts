import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { told } from './told.ts'

const text = `
import { main, pipeline } from 'millrace'
import { z } from 'zod'
export const p = pipeline('files', { input: z.object({ a: z.unknown().optional(), b: z.unknown().optional() }), build: ({ a, b }) => ({ a, b }) })
main(import.meta, p)
`
const deep = (n: number) => '['.repeat(n) + ']'.repeat(n)
const bomb = [
  'a: &a [1,2,3,4,5,6,7,8,9]',
  ...'bcdef'.split('').map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcde'[i]}`).join(',')}]`),
].join('\n')

/** What stands in a file, and what is said of it. */
const files: readonly (readonly [string, string | Buffer])[] = [
  ['an alias bomb', bomb],
  ['a cycle', 'a: &x [*x]'],
  ['a cycle in a mapping', 'a: 1\nb: &x {y: *x}'],
  ['an alias of nothing', 'a: *nope'],
  ['an alias of nothing as a key', '? *foo\n: 5'],
  ['a list as a key', 'a:\n  ? [1, 2]\n  : 3'],
  ['an alias of a list as a key', 'a: &x [1]\nb:\n  ? *x\n  : 3'],
  ['no key', 'a:\n  : 3'],
  ['an unknown tag', 'a: !!js/function "x"'],
  ['a tag of its own', 'a: 1\nb: !money 5'],
  ['bytes', 'a: !!binary aGk='],
  ['a set', 'a: !!set {x, y}'],
  ['a date', 'a: !!timestamp 2020-01-01'],
  ['a date of YAML 1.1', '%YAML 1.1\n---\na: 2020-01-01'],
  ['a merge of a number', 'a:\n  <<: 5'],
  ['a merge of a list of texts', 'a: &x [b]\nb:\n  <<: *x'],
  ['several documents', 'a: 1\n---\nb: 2'],
  ['a key twice', 'a: 1\na: 2'],
  ['a key twice, as a number and as a text', 'a:\n  1: x\n  "1": y'],
  ['no number', 'a: .nan'],
  ['an endless number', 'a: 1\nb: [1, -.inf]'],
  ['too large a number', 'a: 1e400'],
  ['a whole number beyond 2^53', 'a: 12345678901234567890'],
  ['half of a character', 'a: "\\ud800"'],
  ['deep nesting', `a: ${deep(600)}`],
  ['very deep nesting', `a: ${deep(100_000)}`],
  ['tabs', 'a:\n\tb: 1'],
  ['UTF-16', Buffer.from('\ufeffa: 1', 'utf16le')],
  ['Latin 1', Buffer.from('a: 1\nb: gr\u00f6\u00dfe', 'latin1')],
  ['more than 8 MiB', `a: ${'x'.repeat(8 * 1024 * 1024)}`],
  ['a text', 'hello'],
  ['JSON that is cut', '{ "a": [1, 2'],
]

test('each with its line', async () => {
  const one = program(text)
  const said: string[] = []
  for (const [what, content] of files) {
    writeFileSync(join(one.folder, 'p.yaml'), content)
    said.push(`${what}: ${await told(2, one, ['--params', 'p.yaml'])}`)
  }
  expect(said.join('')).toMatchInlineSnapshot(`
    "an alias bomb: error[bad-parameters-file]: the parameters file has aliases that stand for more than 100000 values
      at p.yaml:6:8
      fix: Give large data as a file parameter.
    a cycle: error[bad-parameters-file]: the parameters file has the alias *x inside of what it stands for
      at p.yaml:1:8
      fix: Write the value out.
    a cycle in a mapping: error[bad-parameters-file]: the parameters file has the alias *x inside of what it stands for
      at p.yaml:2:11
      fix: Write the value out.
    an alias of nothing: error[bad-parameters-file]: the parameters file has the alias *nope, and no anchor &nope before it
      at p.yaml:1:4
      fix: Correct the name of the alias.
    an alias of nothing as a key: error[bad-parameters-file]: the parameters file has the alias *foo, and no anchor &foo before it
      at p.yaml:1:3
      fix: Correct the name of the alias.
    a list as a key: error[bad-parameters-file]: the parameters file has a key that is no name
      at p.yaml:2:5
      fix: Give each value a name.
    an alias of a list as a key: error[bad-parameters-file]: the parameters file has a key that is no name
      at p.yaml:3:5
      fix: Give each value a name.
    no key: error[bad-parameters-file]: the parameters file has a key that is no name
      at p.yaml:2:3
      fix: Give each value a name.
    an unknown tag: error[bad-parameters-file]: the parameters file has the tag !!js/function, for which JSON has no value
      at p.yaml:1:18
      fix: Write the value as JSON has it.
    a tag of its own: error[bad-parameters-file]: the parameters file has the tag !money, for which JSON has no value
      at p.yaml:2:11
      fix: Write the value as JSON has it.
    bytes: error[bad-parameters-file]: the parameters file has the tag !!binary, for which JSON has no value
      at p.yaml:1:13
      fix: Write the value as JSON has it.
    a set: error[bad-parameters-file]: the parameters file has the tag !!set, for which JSON has no value
      at p.yaml:1:10
      fix: Write the value as JSON has it.
    a date: error[bad-parameters-file]: the parameters file has the tag !!timestamp, for which JSON has no value
      at p.yaml:1:16
      fix: Write the value as JSON has it.
    a date of YAML 1.1: error[bad-parameters-file]: the parameters file has a value in which "a" is a Date, which JSON can't carry
      at p.yaml:3:4
      fix: Give it as a text, or another value.
    a merge of a number: error[bad-parameters-file]: the parameters file has a << whose value is no mapping
      at p.yaml:2:7
      fix: Give it mappings.
    a merge of a list of texts: error[bad-parameters-file]: the parameters file has a << whose value is no mapping
      at p.yaml:3:7
      fix: Give it mappings.
    several documents: error[bad-parameters-file]: the parameters file holds several documents
      at p.yaml:2:1
      fix: Give each a file of its own.
    a key twice: error[bad-parameters-file]: the parameters file isn't YAML: Map keys must be unique
      at p.yaml:2:1
      fix: Mend the file; JSON is fine too.
    a key twice, as a number and as a text: error[bad-parameters-file]: the parameters file has the key "1" twice
      at p.yaml:3:3
      fix: Give it once.
    no number: error[bad-parameters-file]: the parameters file has a value in which "a" is NaN, which JSON can't carry
      at p.yaml:1:4
      fix: Give it as a text, or another value.
    an endless number: error[bad-parameters-file]: the parameters file has a value in which "b[1]" is -Infinity, which JSON can't carry
      at p.yaml:2:8
      fix: Give it as a text, or another value.
    too large a number: error[bad-parameters-file]: the parameters file has a value in which "a" is Infinity, which JSON can't carry
      at p.yaml:1:4
      fix: Give it as a text, or another value.
    a whole number beyond 2^53: error[bad-parameters-file]: the parameters file has a value in which "a" is an integer beyond 2^53, which JSON can't carry
      at p.yaml:1:4
      fix: Give it as a text, or another value.
    half of a character: error[bad-parameters-file]: the parameters file has a value in which "a" is not well-formed Unicode, which JSON can't carry
      at p.yaml:1:4
      fix: Give it as a text, or another value.
    deep nesting: error[bad-parameters-file]: the parameters file is nested more than 500 levels deep
      at p.yaml:1:504
      fix: Give large data as a file parameter.
    very deep nesting: error[bad-parameters-file]: the parameters file is nested more than 500 levels deep
      at p.yaml:1:778
      fix: Give large data as a file parameter.
    tabs: error[bad-parameters-file]: the parameters file isn't YAML: Tabs are not allowed as indentation
      at p.yaml:2:1
      fix: Mend the file; JSON is fine too.
    UTF-16: error[bad-parameters-file]: the parameters file is UTF-16
      at p.yaml:1:1
      fix: Save it as UTF-8.
    Latin 1: error[bad-parameters-file]: the parameters file is not UTF-8
      at p.yaml:2:6
      fix: Save it as UTF-8.
    more than 8 MiB: error[bad-parameters-file]: the parameters file is larger than 8 MiB
      at p.yaml
      fix: Give large data as a file parameter.
    a text: error[bad-parameters-file]: the parameters file holds no mapping of names to values
      at p.yaml:1:1
      fix: Write lines like "epochs: 20".
    JSON that is cut: error[bad-parameters-file]: the parameters file isn't YAML: Flow sequence in block collection must be sufficiently indented and end with a ]
      at p.yaml:1:13
      fix: Mend the file; JSON is fine too.
    "
  `)
}, 240_000)

test('what is right: merge keys, aliases that each name has to itself, JSON with tabs, a mark at the beginning, line ends of Windows', async () => {
  const one = program(text)
  const gives = async (content: string, ...more: string[]) => {
    writeFileSync(join(one.folder, 'p.yaml'), content)
    const { code, stdout, stderr } = await one.run(['--params', 'p.yaml', '--progress', 'quiet', ...more])
    return code === 0 ? JSON.parse(stdout) : stderr
  }
  expect(await gives('a: &x {n: 1, m: [1]}\nb:\n  <<: *x\n  k: 2')).toEqual({
    a: { n: 1, m: [1] },
    b: { n: 1, m: [1], k: 2 },
  })
  expect(await gives('a: &x {n: 1}\nb: *x', '--param', 'a.n=2')).toEqual({ a: { n: 2 }, b: { n: 1 } })
  expect(await gives('{\n\t"a": [1, "\\u00e4\\/"],\n\t"b": null\n}')).toEqual({ a: [1, 'ä/'], b: null })
  expect(await gives('\ufeffa: 1\r\nb: "x"\r\n')).toEqual({ a: 1, b: 'x' })
  expect(await gives('a: 0777\nb: [yes, 1:30, 0o7, 0x1F, 1_000, 2020-01-01]')).toEqual({
    a: 777,
    b: ['yes', '1:30', 7, 31, '1_000', '2020-01-01'],
  })
  expect(await gives('a: !!str 1\nb: {"__proto__": {"x": 1}, true: 1}')).toEqual({
    a: '1',
    b: JSON.parse('{"__proto__":{"x":1},"true":1}'),
  })
  for (const nothing of ['', '# only a comment\n', '\n\n', '---\n', '~']) expect(await gives(nothing)).toEqual({})
  execFileSync('mkfifo', [join(one.folder, 'pipe')])
  const ran = one.run(['--params', 'pipe', '--progress', 'quiet'])
  writeFileSync(join(one.folder, 'pipe'), 'a: from a pipe')
  expect(JSON.parse((await ran).stdout)).toEqual({ a: 'from a pipe' })
}, 240_000)
