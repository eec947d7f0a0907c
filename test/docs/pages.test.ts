import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { root } from '../support/processes.ts'
import { fencesOf, filesOf, kindOf } from './fences.ts'
import { type Correction, corrected, follow } from './follow.ts'
import { packages, project } from './page-project.ts'

// pages of errors have their own test, the reference is generated, and what is not a page has no story
const pages = globSync('docs/**/*.md', {
  cwd: root,
  exclude: ['docs/errors/**', 'docs/reference/**', 'docs/node_modules/**', 'docs/.vitepress/**', 'docs/index.md'],
}).sort()
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** What the first page has the reader install; the others begin where it ends. */
const installed = ['millrace', 'zod', 'tsx', 'typescript', '@types/node']
const first = filesOf(fencesOf(read('docs/start.md')).fences)

let modules = ''
beforeAll(() => {
  modules = packages()
})

describe('each block of a page is what its reader gets', () => {
  test.concurrent.each(pages)('%s', async (page) => {
    const text = read(page)
    const { fences, prose } = fencesOf(text)
    const example = /<!-- in (examples\/\S+) -->/.exec(text)?.[1]
    const isFirst = page === 'docs/start.md'
    const one = project(modules, isFirst ? [] : installed, example)
    try {
      const names = /<!-- with the program of start\.md -->/.test(text)
        ? [...first.keys()]
        : ['package.json', 'tsconfig.json']
      if (!isFirst && example === undefined)
        for (const name of names) writeFileSync(join(one.folder, name), first.get(name) ?? expect.fail(`no ${name}`))
      const corrections: Correction[] = []
      const correct = process.env.DOCS === 'write' ? (each: Correction) => corrections.push(each) : undefined
      try {
        await follow(page, fences, one, correct)
      } finally {
        if (corrections.length > 0) writeFileSync(join(root, page), corrected(text, fences, corrections))
      }
      // on a page as GitHub shows it a block has no name
      const named = fences.flatMap(({ name }) => name ?? [])
      expect(named.filter((name) => !prose.some((line) => line.includes(`\`${name}\``)))).toEqual([])
      if (example === undefined && named.some((name) => name.endsWith('.ts')))
        expect(await one.bash('npx tsc --noEmit --skipLibCheck')).toEqual({ code: 0, text: '' })
    } finally {
      one.remove()
    }
  })
})

test('what only a cluster can run', () => {
  const commands = pages.flatMap((page) =>
    fencesOf(read(page)).fences.flatMap((fence) =>
      kindOf(fence) === 'cluster'
        ? fence.text
            .trimEnd()
            .split('\n')
            .map((line) => `${page}: ${line}`)
        : [],
    ),
  )
  expect(commands).toMatchInlineSnapshot()
})
