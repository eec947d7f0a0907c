import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes } from '@millrace/ir'
import { expect, test } from 'vitest'
import { normal } from '../support/processes.ts'
import { program } from '../support/program.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'docs/errors')
const page = (name: string): string => readFileSync(join(folder, `${name}.md`), 'utf8')

test('every code has a page, and every page is a code', () => {
  const pages = readdirSync(folder).map((name) => name.replace(/\.md$/, ''))
  expect(pages.filter((name) => name !== 'README').sort()).toEqual([...codes].sort())
  expect(codes.filter((code) => !page(code).startsWith(`# ${code}\n`))).toEqual([])
  expect(codes.filter((code) => !page(code).includes(`[${code}]: `))).toEqual([])
})

test('the index names every page once', () => {
  const named = [...page('README').matchAll(/^\| \[(.*)\]\((.*)\.md\) \|/gm)]
  expect(named.map(([, name]) => name).sort()).toEqual([...codes].sort())
  expect(named.filter(([, name, file]) => name !== file)).toEqual([])
})

test('a page is short', () => {
  const long = codes.filter((code) => page(code).split('\n').length > 45)
  expect(long).toEqual([])
})

test('every code is asserted with its text in some test', () => {
  const tests = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'test', 'packages/*/test'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  const texts = tests
    .split('\n')
    .filter((file) => /\.(test\.ts|snap)$/.test(file) && !file.includes('pages.test'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
  expect(codes.filter((code) => !texts.some((text) => text.includes(`[${code}]: `)))).toEqual([])
})

/** No page needs a cluster, and none may find one. */
const env = { KUBECONFIG: undefined, HOME: '/nowhere' }

/** The blocks of a page: files by the name in their first line, and what is typed with what it prints. */
function blocksOf(code: string): {
  readonly files: Record<string, string>
  readonly typed: string[]
  readonly shown: string[]
} {
  const blocks = [...page(code).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text: text ?? '',
  }))
  const files = blocks.flatMap(({ language, text }) => {
    const name = /^(?:\/\/|#) (\S+)\n/.exec(text)?.[1]
    return language === 'console' || name === undefined ? [] : [[name, text] as const]
  })
  const lines = blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.trimEnd().split('\n'))
  return {
    files: Object.fromEntries(files),
    typed: lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)),
    shown: lines.filter((line) => !line.startsWith('$ ')),
  }
}

test.each(codes)('the page of %s shows what its program prints', async (code) => {
  const { files, typed, shown } = blocksOf(code)
  const one = program(files)
  const printed: string[] = []
  for (const line of typed) {
    const [, name = '', quoted, plain, command = line] = /^([A-Z_]+)=(?:"([^"]*)"|(\S+)) (.*)/.exec(line) ?? []
    const words = command.split(' ')
    if (words[0] === 'node') {
      const { stdout, stderr } = await one.run(words.slice(2), {
        how: 'node',
        env: { ...env, ...(name === '' ? {} : { [name]: quoted ?? plain }) },
      })
      printed.push(stdout, stderr)
    } else execFileSync('/bin/sh', ['-c', line], { cwd: one.folder })
  }
  const lines = printed.join('').trimEnd().split('\n')
  // the two streams may be mixed in any way
  expect(lines.sort()).toEqual(shown.map((line) => normal(line, one.folder)).sort())
})
