import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/processes.ts'
import { fencesOf } from './fences.ts'

const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: ['**/node_modules/**', 'docs/.vitepress/**'] })

/** The anchors that headings get, on GitHub as on the site. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const line of fencesOf(readFileSync(page, 'utf8')).prose) {
    const heading = /^#+ (.*)$/.exec(line)?.[1]
    if (heading === undefined) continue
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
    let anchor = slug
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`
    anchors.add(anchor)
  }
  return anchors
}

/** Links of a page into the repository that lead nowhere. */
function dead(page: string): string[] {
  const path = join(root, page)
  const prose = fencesOf(readFileSync(path, 'utf8')).prose.join('\n')
  return [...prose.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .filter(([, file = '', anchor]) => {
      const to = file === '' ? path : join(dirname(path), file)
      if (!existsSync(to) || relative(root, to).startsWith('..')) return true
      return anchor !== undefined && statSync(to).isFile() && to.endsWith('.md') && !anchorsOf(to).has(anchor)
    })
    .map(([link]) => `${page}: ${link}`)
}

test('every link between pages leads to a file, and to a heading that it has', () => {
  expect(pages.flatMap(dead)).toEqual([])
})
