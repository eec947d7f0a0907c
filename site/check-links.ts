import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

/** What a built site points to and does not have: pages, files, anchors, and whatever it would load from elsewhere. */
export function brokenLinks(folder: string, base: string): string[] {
  const pages = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.html') && name !== '404.html')
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
  const anchors = new Map([...pages].map(([name, html]) => [name, new Set(valuesOf(html, 'id'))]))
  const isBroken = (page: string, link: string): boolean => {
    const [path = '', anchor = ''] = link.split('#')
    const target = path === '' ? page : fileOf(folder, page, path, base)
    if (target === undefined) return true
    return anchor !== '' && anchors.get(target)?.has(decodeURIComponent(anchor)) !== true
  }
  return [...pages].flatMap(([page, html]) => {
    const links = [...new Set(valuesOf(html, 'href'))].filter((link) => !/^(https?|mailto):/.test(link))
    const foreign = [...html.matchAll(/<(?:script|img|link)\b[^>]*?(?:src|href)="((?:https?:)?\/\/[^"]+)"/g)]
    return [
      ...links.filter((link) => isBroken(page, link)).map((link) => `${page}: ${link} is not there`),
      ...foreign.map(([, link]) => `${page}: ${link} is loaded from elsewhere`),
    ]
  })
}

const valuesOf = (html: string, attribute: string): string[] =>
  [...html.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, value = '']) => value.replaceAll('&amp;', '&'))

/** The file that a path of a page names, relative to the site's folder. */
function fileOf(folder: string, page: string, path: string, base: string): string | undefined {
  if (path.startsWith('/') && !path.startsWith(base)) return undefined
  const local = path.startsWith('/') ? path.slice(base.length) : posix.join(posix.dirname(page), path)
  const decoded = decodeURIComponent(local)
  const file = decoded === '' || decoded === '.' || decoded.endsWith('/') ? posix.join(decoded, 'index.html') : decoded
  return existsSync(join(folder, file)) && statSync(join(folder, file)).isFile() ? file : undefined
}
