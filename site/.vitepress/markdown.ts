import { posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

interface Environment {
  /** Of the page, from docs/. */
  readonly relativePath?: string
}

/**
 * Pages are written to be read in the repository too. On the site a folder's README is its index, and a link to a file
 * outside of docs/ is its text alone.
 */
export function links(md: MarkdownRenderer): void {
  md.core.ruler.push('links', ({ tokens, env }) => {
    const folder = posix.dirname((env as Environment).relativePath ?? '')
    for (const { children } of tokens) {
      let outside = false
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = token.attrGet('href') ?? ''
          const local = !/^([a-z]+:|#|\/)/.test(href)
          outside = local && posix.normalize(posix.join(folder, href)).startsWith('../')
          if (local) token.attrSet('href', href.replace(/(^|\/)README\.md(?=#|$)/, '$1index.md'))
        }
        if (outside && /^link_(open|close)$/.test(token.type)) {
          if (token.type === 'link_close') outside = false
          token.type = 'text'
          token.tag = ''
          token.content = ''
        }
      }
    }
  })
}

/** The name in ```ts [pipeline.ts] stands above its block. */
export function fileNames(md: MarkdownRenderer): void {
  const { fence } = md.renderer.rules
  if (!fence) return
  md.renderer.rules.fence = (tokens, at, ...rest) => {
    // the rule takes it out of the token
    const name = /\[([^\]]+)\]/.exec(tokens[at]?.info ?? '')?.[1]
    const html = fence(tokens, at, ...rest)
    return name === undefined ? html : `<div class="file-name">${md.utils.escapeHtml(name)}</div>${html}`
  }
}

/** Text is no template of Vue. */
export function plainText(md: MarkdownRenderer): void {
  md.renderer.rules.text = (tokens, at) =>
    md.utils.escapeHtml(tokens[at]?.content ?? '').replaceAll('{{', '&#123;&#123;')
}
