import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const tracked = (pattern: string): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', pattern], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(root, file)))

test('no dead link in any page', () => {
  const dead = tracked('*.md').flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1] as string)
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  )
  expect(dead).toEqual([])
})

test('ARCHITECTURE.md fits on three screens', () => {
  expect(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(130)
})

test('no file names a path of one machine', () => {
  const found = tracked('*').filter(
    (file) =>
      !/\.(gz|png|lock)$|pnpm-lock\.yaml$/.test(file) &&
      // a path is put together here, so that this file does not name one
      [
        ['', 'work', 'main'],
        ['', 'root', ''],
        ['', 'home', ''],
      ].some((parts) => readFileSync(join(root, file), 'utf8').includes(parts.join('/'))),
  )
  expect(found).toEqual([])
})
