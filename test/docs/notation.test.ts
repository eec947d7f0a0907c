import { expect, test } from 'vitest'
import { edited, type Fence, fencesOf, kindOf, typedIn } from './fences.ts'
import { corrected } from './follow.ts'
import { matches } from './shown.ts'

const only = (page: string): Fence => fencesOf(page).fences[0] ?? expect.fail('no block')
const kind = (info: string) => kindOf(only(`\`\`\`${info}\n\`\`\`\n`))

test('a block is a file, an edit, commands, a session, or for a cluster; another is none', () => {
  expect(
    ['ts [a.ts]', 'yaml [a.yml]', 'python [a.py]', 'diff [a.ts]', 'sh', 'console', 'sh cluster'].map(kind),
  ).toEqual(['file', 'file', 'file', 'edit', 'commands', 'session', 'cluster'])
  expect(['', 'ts', 'yaml', 'python', 'diff', 'sh maybe', 'console cluster', 'rust [a.rs]'].map(kind)).toEqual(
    Array(8).fill(undefined),
  )
})

test('an indented block has the text without the indentation', () => {
  expect(only('  ```yaml [a.yaml]\n  a:\n    - b\n  ```\n')).toMatchObject({ text: 'a:\n  - b\n', line: 2 })
  expect(() => fencesOf('```sh\n')).toThrow('the fence in line 1 is never closed')
})

test('a session is commands, each with what it prints', () => {
  expect(typedIn(only('```console\n$ a \\\n    b\nc\n\nd\n$ e\n```\n'))).toEqual([
    { command: 'a \\\n    b', shown: 'c\n\nd' },
    { command: 'e', shown: '' },
  ])
})

test('an edit finds its place once', () => {
  const edit = only('```diff [a]\n one\n-two\n+three\n```\n')
  expect(edited('zero\none\ntwo\n', edit)).toBe('zero\none\nthree\n')
  expect(() => edited('one\n', edit)).toThrow('what line 2 edits is 0 times in a')
})

test('what differs from time to time does not count, all else does', () => {
  expect(matches('20260102-030405-00000a in 1.20 s', '20260304-050607-fffff0 in 20 ms')).toBe(true)
  expect(matches('ran 1', 'ran 2')).toBe(false)
  expect(matches('a…c', 'abc')).toBe(true)
  expect(matches('a\n…\nd', 'a\nb\nc\nd')).toBe(true)
  expect(matches('a\n…', 'a')).toBe(true)
  expect(matches('a', 'a\nb')).toBe(false)
  expect(matches('', 'a')).toBe(false)
})

test('progress may come in another order, the output may not', () => {
  expect(matches('01:02:03.004 a\n01:02:03.004 b\nend', '01:02:03.004 b\n01:02:03.004 a\nend')).toBe(true)
  expect(matches('01:02:03.004 a\nend', 'end\n01:02:03.004 a')).toBe(false)
})

test('a page is corrected where it shows something else', () => {
  const page = 'x\n```console\n$ a\nb\n```\ny\n'
  const { fences } = fencesOf(page)
  expect(corrected(page, fences, [{ line: 3, text: '$ a\nc\nd\n' }])).toBe('x\n```console\n$ a\nc\nd\n```\ny\n')
})
