import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { holds, same } from '../campaign.ts'
import type { Form } from './form.ts'

/** KiB that a run may take at its peak, however much its stages print: four times what a small one takes. */
const flat = 450 * 1024

const digest = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')
const million = (): string => `hostile speaks\n${Array.from({ length: 1_000_000 }, (_, i) => `line ${i}\n`).join('')}`

/** The log of a stage that printed very much: whole, or cut where that is said; the memory of the run was flat. */
export function judgeLog({ name, log }: Form, run: string, folder: string): void {
  const file = readdirSync(join(run, 'logs')).find((file) => file.startsWith(name)) as string
  const bytes = readFileSync(join(run, 'logs', file))
  if (log === 'million') same('the log', digest(bytes), digest(million()))
  else {
    const end = '\n[the log is cut here: 64 MiB are kept]\n'
    same('the end of the log', bytes.subarray(-end.length).toString(), end)
    same('the length of the log', bytes.length, 64 * 2 ** 20 + end.length)
  }
  const peak = Number(readFileSync(join(folder, 'peak'), 'utf8'))
  holds(`the run took ${Math.round(peak / 1024)} MiB`, peak < flat)
}
