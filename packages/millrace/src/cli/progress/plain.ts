import { type AttemptsOf, type LiveCall, LiveCalls } from '@millrace/engine'
import { type Event, type StageEvent, showNode } from '@millrace/ir'
import { Budget } from './budget.ts'
import { clock, lineOf } from './line.ts'
import { Sums } from './sums.ts'
import type { View } from './view.ts'
import { showMetrics, since } from './words.ts'

const flushAfter = 50
const heartbeat = 30_000
/** Milliseconds after which a call's start gets a line, and between two lines of one metric. */
const noticeable = 1000
/** Starts that are told at once, each second. A stage that computes lets no timer tell them later. */
const startsPerSecond = 10

/** What is to be told, and when it was so. */
interface Line {
  readonly time: string
  readonly text: string
}

const lineFor = (event: Event): Line => ({ time: event.time, text: lineOf(event) as string })

/** What happens in a call is told in lines that begin with the time and its name: one for its end at least. */
export function plainView(write: (text: string) => void, attempts: AttemptsOf): View {
  const calls = new LiveCalls(attempts)
  const sums = new Sums()
  const starts = new Budget(startsPerSecond, startsPerSecond)
  /** Starts that were not told, in their order. */
  const quiet = new Map<string, Line & { readonly at: number }>()
  /** When each metric of a call was told, and its line if it has changed since. */
  const metrics = new Map<string, Map<string, { at: number; line: Line | undefined }>>()
  let held = ''
  let timer: NodeJS.Timeout | undefined
  let last = performance.now()
  /** The time of the last line: none goes back behind it, though what it tells of may be older. */
  let told = ''

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    addSums()
    if (held === '') return
    const text = held
    held = ''
    last = performance.now()
    write(text)
  }
  const soon = () => {
    timer ??= setTimeout(flush, flushAfter).unref()
  }
  const hold = ({ time, text }: Line) => {
    if (time > told) told = time
    for (const line of text.split('\n')) held += `${clock(told)} ${line}\n`
  }
  const addSums = () => {
    for (const { event, line } of sums.lines()) hold({ time: event.time, text: line })
  }
  const add = (line: Line) => {
    addSums()
    hold(line)
    if (held.length > 32 * 1024) flush()
    else soon()
  }
  const tellStart = (name: string) => {
    const start = quiet.get(name)
    if (!start) return
    quiet.delete(name)
    add(start)
  }

  function started(name: string, event: Event): void {
    const line = lineFor(event)
    if (!starts.take()) {
      quiet.set(name, { ...line, at: performance.now() })
      return
    }
    add(line)
    // what starts now may keep the timer from its turn
    flush()
  }

  function metric(name: string, event: Extract<Event, { event: 'metric' }>): void {
    let told = metrics.get(name)
    if (!told) {
      told = new Map()
      metrics.set(name, told)
    }
    const now = performance.now()
    const before = told.get(event.name)
    if (before && now - before.at < noticeable) {
      before.line = lineFor(event)
      return
    }
    told.set(event.name, { at: now, line: undefined })
    add(lineFor(event))
  }

  /** The last values are always told. */
  function endMetrics(name: string): void {
    for (const { line } of metrics.get(name)?.values() ?? []) if (line !== undefined) add(line)
    metrics.delete(name)
  }

  function ofStage(event: StageEvent): void {
    const name = showNode(event.node, event.index)
    // what a cached call said is replayed into the journal; here it is no news
    const said = event.event === 'metric' || event.event === 'log'
    if (said && !calls.rows.has(name)) return
    if (sums.take(event)) return soon()
    if (event.event === 'stage.started') return started(name, event)
    if (said || event.event === 'stage.retried') tellStart(name)
    if (event.event === 'metric') return metric(name, event)
    if (event.event !== 'log' && event.event !== 'stage.waiting') {
      quiet.delete(name)
      endMetrics(name)
    }
    add(lineFor(event))
  }

  const beat = setInterval(() => {
    const now = performance.now()
    for (const [name, { at }] of quiet) {
      if (now - at < noticeable) break
      tellStart(name)
    }
    if (now - last < heartbeat || held !== '') return
    add({ time: new Date().toISOString(), text: signOfLife(calls, now) })
    flush()
  }, 1000).unref()

  return {
    event(event) {
      if ('node' in event) ofStage(event)
      else {
        const text = lineOf(event)
        if (text !== undefined) add({ time: event.time, text })
      }
      calls.follow(event)
    },
    close() {
      clearInterval(beat)
      flush()
    },
  }
}

function signOfLife(calls: LiveCalls, now: number): string {
  const shown = [...calls.rows.values()].slice(0, 3).map((row) => showRow(row, now))
  const more = calls.rows.size > 3 ? ` and ${calls.rows.size - 3} more` : ''
  const rows = shown.length > 0 ? `${shown.join(', ')}${more}; ` : ''
  return `still running after ${since(calls.began, now)}: ${rows}${calls.summary()}`
}

function showRow({ name, state, since: time, metrics }: LiveCall, now: number): string {
  const more = metrics.size > 0 ? `, ${showMetrics(metrics)}` : ''
  return `${name} (${state === 'running' ? '' : `${state} `}${since(time, now)}${more})`
}
