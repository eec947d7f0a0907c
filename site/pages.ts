import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const docs = join(import.meta.dirname, '../docs')

interface Group {
  readonly title: string
  /** Paths in docs/, without `.md`. */
  readonly pages: readonly string[]
  readonly collapsed?: boolean
}

const inFolder = (folder: string, ...names: readonly string[]): string[] => names.map((name) => `${folder}/${name}`)

const errors = readdirSync(join(docs, 'errors'))
  .map((name) => name.replace(/\.md$/, ''))
  .filter((name) => name !== 'README')
  .sort()

/** The sidebar: every page of docs/ stands in it once, which a test checks. */
export const groups: readonly Group[] = [
  { title: 'Start', pages: ['index', 'start'] },
  {
    title: 'Concepts',
    pages: inFolder('concepts', 'wiring', 'values', 'cache', 'runs', 'variables', 'cancelling', 'places'),
  },
  {
    title: 'How-to',
    pages: [
      'cluster',
      ...inFolder('how-to', 'clouds', 'python', 'sweeps', 'testing', 'debugging', 'ci', 'large-data', 'monorepos'),
    ],
  },
  {
    title: 'Reference',
    pages: inFolder('reference', 'command-line', 'config', 'events', 'api/millrace', 'api/config', 'api/types'),
  },
  { title: 'Errors', pages: ['errors/README', ...inFolder('errors', ...errors)], collapsed: true },
]

const fileOf = (page: string): string => join(docs, `${page}.md`)

/** The first heading of a page, without its markup. */
export function titleOf(page: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(fileOf(page), 'utf8'))?.[1] ?? page
  return heading.replaceAll('`', '').replaceAll('\\', '')
}

/** The address of a page on the site: an index has that of its folder. */
export const addressOf = (page: string): string => `/${page.replace(/(^|\/)(README|index)$/, '$1')}`
