import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vitepress'
import { addressOf, docs, groups, titleOf } from '../pages.ts'
import { fileNames, links, plainText } from './markdown.ts'

/** Files that pages link to and that are no pages. */
const files = ['reference/events.schema.json']

/** The pages become modules that lie outside of this package, from where Vue would not be found. */
const vueOfThisPackage: Plugin = {
  name: 'vue-of-this-package',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!/^vue(\/|$)/.test(source) || !importer?.startsWith(docs)) return null
    return this.resolve(source, import.meta.filename, { skipSelf: true })
  },
}

export default defineConfig({
  title: 'Millrace',
  description: 'Machine-learning pipelines as typed TypeScript, in one process or as Kubernetes Jobs.',
  lang: 'en',
  // of a site that does not stand at the root of its host, for example /millrace/
  base: process.env.SITE_BASE ?? '/',
  srcDir: '../docs',
  outDir: 'dist',
  cacheDir: 'dist/.cache',
  rewrites: { 'errors/README.md': 'errors/index.md' },
  markdown: {
    // pages are Markdown and nothing else: no HTML and no Vue in them
    html: false,
    linkify: false,
    config(md) {
      md.use(plainText)
      md.use(links)
      md.use(fileNames)
    },
  },
  vite: { plugins: [vueOfThisPackage] },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: groups.map(({ title, pages, collapsed }) => ({
      text: title,
      ...(collapsed ? { collapsed } : {}),
      items: pages.map((page) => ({ text: titleOf(page), link: addressOf(page) })),
    })),
  },
  buildEnd({ outDir }) {
    for (const file of files) cpSync(join(docs, file), join(outDir, file))
  },
})
