import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildSite, out } from '../../site/build.ts'
import { addressOf, docs, groups } from '../../site/pages.ts'

const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.replace(/\.md$/, ''))
const html = (page: string): string => {
  const path = addressOf(page).slice(1)
  return readFileSync(join(out, path === '' || path.endsWith('/') ? `${path}index.html` : `${path}.html`), 'utf8')
}

test('every page stands in the sidebar, once', () => {
  expect(groups.flatMap((group) => group.pages).sort()).toEqual(pages.sort())
})

test('the first page shows the first example', () => {
  const example = /```ts \[hello\.ts\]\n([\s\S]*?)```/.exec(readFileSync(join(docs, 'index.md'), 'utf8'))?.[1]
  expect(example).toBe(readFileSync(join(docs, '../examples/01-hello/hello.ts'), 'utf8'))
})

// it throws where a link leads nowhere
beforeAll(() => buildSite(), 300_000)

test('every page is there, with its title', () => {
  const title = (page: string) => /<h1[^>]*>(.*?)<a /.exec(html(page))?.[1]?.trim()
  expect(pages.filter((page) => (title(page) ?? '') === '')).toEqual([])
})

test('files that pages link to are there', () => {
  expect(readFileSync(join(out, 'reference/events.schema.json'), 'utf8')).toMatch(/2020-12/)
})
