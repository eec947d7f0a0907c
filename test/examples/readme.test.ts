import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { blocksOf, matches } from './blocks.ts'
import { copyOf, type Done } from './copy.ts'

const root = join(import.meta.dirname, '../..')
const folders = readdirSync(join(root, 'examples')).filter((folder) => /^\d\d-/.test(folder))

test('every example has a README', () => {
  expect(folders.filter((folder) => !existsSync(join(root, 'examples', folder, 'README.md')))).toEqual([])
})

test('what a page shows and what a command prints are compared', () => {
  expect(matches('{"a":…,"b":[]}', '{"a":0.5,"b":[]}')).toBe(true)
  expect(matches('{"a":…}', '{"a":1}\n{"b":2}')).toBe(false)
  expect(matches('first\n…\nlast', 'first\n1\n2\nlast')).toBe(true)
  expect(matches('1 + 1 (2)', '1 + 1 (2)')).toBe(true)
  expect(blocksOf('```sh\n# why\na\nb\n```\nso:\n```text\nc\n```\n```sh\nd\n```\n')).toEqual([
    { line: 2, commands: ['a', 'b'], output: 'c' },
    { line: 11, commands: ['d'] },
  ])
})

/** Runs the blocks of a page line by line, in a copy of the folder that the page is in. */
async function follow(page: string, folder: string, inCopy: (line: string, folder: string) => Promise<Done>) {
  let at = folder
  for (const { line, commands, output } of blocksOf(readFileSync(page, 'utf8'))) {
    let stdout = ''
    for (const command of commands) {
      const into = /^cd (\S+)$/.exec(command)
      if (into) {
        at = resolve(at, into[1] as string)
        continue
      }
      const done = await inCopy(command, at)
      expect(done, `${page}:${line}: ${command}`).toMatchObject({ code: 0 })
      stdout += done.stdout
    }
    if (output === undefined) continue
    const right = matches(output, stdout.trimEnd())
    // the comparison that a person can read, only where the page is wrong
    if (!right) expect(stdout.trimEnd(), `${page}:${line}`).toBe(output)
  }
}

describe('the commands of each example do what its README says', () => {
  test.each(folders)('%s', async (name) => {
    const folder = join(root, 'examples', name)
    const copy = copyOf(folder)
    await follow(join(folder, 'README.md'), copy.path, copy.run)
  })
})

describe('the README of the repository', () => {
  test('begins with the program of the first example', () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1]
    expect(shown).toBe(readFileSync(join(root, 'examples/01-hello/hello.ts'), 'utf8'))
  })

  test('shows commands that work in that example', async () => {
    const copy = copyOf(join(root, 'examples/01-hello'))
    await follow(join(root, 'README.md'), copy.path, copy.run)
  })
})
