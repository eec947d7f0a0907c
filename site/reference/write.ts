import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { docs } from '../pages.ts'
import { apiPages } from './api.ts'
import { eventJsonSchema } from './event-schema.ts'

/** What of docs/ is written by a program, by path. */
export async function written(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...[...(await apiPages())].map(([name, text]) => [`reference/api/${name}`, text] as const),
    ['reference/events.schema.json', `${JSON.stringify(eventJsonSchema(), null, 2)}\n`],
  ])
}

if (import.meta.main) {
  rmSync(join(docs, 'reference/api'), { recursive: true, force: true })
  mkdirSync(join(docs, 'reference/api'), { recursive: true })
  for (const [path, text] of await written()) writeFileSync(join(docs, path), text)
}
