import { join } from 'node:path'
import { build } from 'vitepress'
import { brokenLinks } from './check-links.ts'

/** Where the site is written. */
export const out = join(import.meta.dirname, 'dist')

/** Builds docs/ into a static site; a dead link is an error. */
export async function buildSite(): Promise<void> {
  await build(import.meta.dirname)
  const broken = brokenLinks(out, process.env.SITE_BASE ?? '/')
  if (broken.length > 0) throw new Error(broken.join('\n'))
}

if (import.meta.main) {
  await buildSite()
  if (process.argv.includes('--screenshots')) await (await import('./screenshots.ts')).takeScreenshots(out)
}
