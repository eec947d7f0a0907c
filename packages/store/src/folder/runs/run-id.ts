import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { put, remove } from '../../files/atomic-write.ts'
import { readText } from '../../files/regular-file.ts'

/** UTC, sortable: the last six digits are the millisecond and three random ones. */
export const idPattern = /^\d{8}-\d{6}-[0-9a-f]{6}$/

let lastTime = 0

/**
 * A new run id. It sorts after all that this process gave and after the newest of the store, also when the clock was
 * set back: the order of runs decides whose results are the newest.
 */
export function newId(newest: string | undefined): string {
  lastTime = Math.max(Date.now(), lastTime + 1, (newest === undefined ? 0 : (timeOf(newest) ?? 0)) + 1)
  const [, year, month, day, hours, minutes, seconds, rest] =
    /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z$/.exec(new Date(lastTime).toISOString()) ?? []
  const unique = Number(rest).toString(16).padStart(3, '0') + randomBytes(2).toString('hex').slice(1)
  return `${year}${month}${day}-${hours}${minutes}${seconds}-${unique}`
}

const newestIn = (runs: string): string => join(runs, 'newest')

/** The newest of ids, and of those of runs that were pruned. */
export function newestOf(runs: string, ids: readonly string[]): string | undefined {
  let pruned = ''
  try {
    pruned = readText(newestIn(runs)).trim()
  } catch {
    // none was
  }
  const all = idPattern.test(pruned) ? [...ids, pruned] : ids
  return all.reduce<string | undefined>((newest, id) => (newest !== undefined && newest > id ? newest : id), undefined)
}

/**
 * Keeps the newest id when runs are removed: ids of later runs must sort after it, so that their results count as
 * newer. Without ids, forgets it.
 */
export function keepNewest(runs: string, ids: readonly string[] | undefined): void {
  if (!ids) return remove(newestIn(runs))
  const newest = newestOf(runs, ids)
  if (newest !== undefined) put(join(runs, 'tmp'), newestIn(runs), `${newest}\n`)
}

/** The time in an id, in milliseconds. */
export function timeOf(id: string): number | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(id) ?? []
  if (parts.length === 0) return undefined
  const [year, month, day, hour, minute, second] = parts.map(Number) as [number, number, number, number, number, number]
  const millisecond = Number.parseInt(id.slice(16, 19), 16)
  const time = Date.UTC(year, month - 1, day, hour, minute, second) + (millisecond < 1000 ? millisecond : 0)
  // a made-up id must not push all later ids beyond the year 9999
  return year < 9999 ? time : undefined
}
