import type { LiveCall, LiveCalls } from '@millrace/engine'
import { firstLine, plainLine } from '../support/terminal.ts'
import { cut } from './width.ts'
import { showMetrics, since } from './words.ts'

/** Lines of the block at most, its head included. */
const most = 12

/** One line: what says the state, in its colour, and the rest. */
export interface BlockLine {
  readonly text: string
  readonly tone: 'head' | 'running' | 'retrying' | 'waiting' | 'rest'
}

/** What is under way, longest first, under a line that counts; never higher or wider than asked. */
export function blockOf(calls: LiveCalls, columns: number, rows: number, now = performance.now()): BlockLine[] {
  const height = Math.max(1, Math.min(most, rows - 1))
  const lines: BlockLine[] = [{ text: cut(` ${since(calls.began, now)}: ${calls.summary()}`, columns), tone: 'head' }]
  const room = height - 1
  const all = calls.rows.size
  const shown = choose(calls, all > room ? room - 1 : room)
  for (const row of shown) lines.push({ text: cut(lineOf(row, now, columns), columns), tone: row.state })
  if (all > shown.length && room > 0) {
    const left = (state: LiveCall['state']) => calls.count(state) - shown.filter((row) => row.state === state).length
    const parts = [
      [left('running'), 'running'],
      [left('retrying'), 'retrying'],
      [left('waiting'), 'waiting for room'],
    ] as const
    const words = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} more ${what}`)
    lines.push({ text: cut(`   and ${words.join(', ')}`, columns), tone: 'rest' })
  }
  return lines
}

/** Those that run longest, but a third of the room is for those that don't run, if there are any. */
function choose(calls: LiveCalls, room: number): LiveCall[] {
  if (room <= 0) return []
  const running: LiveCall[] = []
  const retrying: LiveCall[] = []
  const waiting: LiveCall[] = []
  for (const row of calls.rows.values()) {
    const list = row.state === 'running' ? running : row.state === 'retrying' ? retrying : waiting
    if (list.length < room) list.push(row)
  }
  const others = [...retrying, ...waiting]
  const forOthers = Math.min(others.length, Math.max(room - running.length, Math.ceil(room / 3)))
  return [...running.slice(0, room - forOthers), ...others.slice(0, forOthers)]
}

function lineOf(row: LiveCall, now: number, columns: number): string {
  const name = shortName(row.name, Math.max(12, Math.floor(columns * 0.6) - 12))
  const of = row.attempts > 1 ? ` of ${row.attempts}` : ''
  const time = since(row.since, now)
  switch (row.state) {
    case 'waiting':
      return ` … ${name} waiting ${time}: ${firstLine(row.why)}`
    case 'retrying': {
      const left = Math.ceil((row.next - now) / 1000)
      return ` ↻ ${name} attempt ${row.attempt + 1}${of} ${left > 0 ? `in ${left} s` : 'waits for room'}: ${firstLine(row.why)}`
    }
    case 'running': {
      const attempt = row.attempt > 1 ? `, attempt ${row.attempt}${of}` : ''
      const said = plainLine(row.said)
      const metrics = row.metrics.size > 0 ? `  ${showMetrics(row.metrics)}` : ''
      return ` • ${name} running ${time}${attempt}${metrics}${said === '' ? '' : `  ${said}`}`
    }
  }
}

/** What tells calls of a map apart stands at the end of a name. */
function shortName(name: string, most: number): string {
  if (name.length <= most) return name
  const index = /[[][^a-z]*$/.exec(name)?.[0] ?? ''
  return `${name.slice(0, Math.max(3, most - index.length - 1))}…${index}`
}
