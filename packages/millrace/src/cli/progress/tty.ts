import { type AttemptsOf, LiveCalls } from '@millrace/engine'
import { type Event, showNode } from '@millrace/ir'
import { plainLine } from '../support/terminal.ts'
import { type BlockLine, blockOf } from './block.ts'
import { Budget } from './budget.ts'
import { lineOf } from './line.ts'
import { Sums } from './sums.ts'
import type { View } from './view.ts'
import { textColumns } from './width.ts'

const lookEvery = 100
/** Drawings: at most ten in any second. */
const perSecond = 5
/** Lines that one drawing puts above the block; failures are never left out. */
const linesAtOnce = 40
const longest = 2000

const csi = '\u001b['
const paint = (code: number, text: string): string => `${csi}${code}m${text}${csi}0m`
const [bold, red, green, yellow, grey] = [1, 31, 32, 33, 90] as const
const tones = { head: bold, retrying: yellow, waiting: yellow, rest: grey } as const

/**
 * A live block of what is under way; what has ended, and what stages say, scrolls above it. Between two drawings the
 * terminal is as it was before: a run that is killed leaves nothing to be mended.
 */
export function ttyView(stream: NodeJS.WriteStream, attempts: AttemptsOf): View {
  const calls = new LiveCalls(attempts)
  const sums = new Sums()
  const budget = new Budget(perSecond, perSecond)
  const write = stream.write.bind(stream)
  let above: string[] = []
  let usual = 0
  let dropped = 0
  let drawn: readonly BlockLine[] = []
  let width = 0
  let closed = false

  /** Rows that the block takes now: terminals break lines anew when they get narrower. */
  function height(columns: number): number {
    if (columns >= width) return drawn.length
    return drawn.reduce((sum, { text }) => sum + Math.max(1, Math.ceil(textColumns(text) / columns)), 0)
  }

  function draw(): void {
    const columns = stream.columns || 80
    const rows = stream.rows || 24
    for (const { event, line } of sums.lines()) scroll(line, event.event === 'stage.cached' ? '=' : '-')
    const lines = closed ? [] : blockOf(calls, columns - 1, rows)
    if (above.length === 0 && dropped === 0 && columns === width && same(lines, drawn)) return
    const up = Math.min(height(columns), rows - 1)
    const more = dropped > 0 ? [paint(grey, `   and ${dropped} more lines`)] : []
    const finished = [...above, ...more].map((line) => `${line}\n`).join('')
    const body = lines.map(({ text, tone }) => `${tone === 'running' ? text : paint(tones[tone], text)}\n`).join('')
    const erase = `${up > 0 ? `${csi}${up}A` : ''}\r${csi}J`
    // shown at once, where a terminal can; no line of the block is broken, whatever its characters' widths are
    write(`${csi}?2026h${erase}${finished}${csi}?7l${body}${csi}?7h${csi}?2026l`)
    above = []
    usual = 0
    dropped = 0
    drawn = lines
    width = columns
  }

  /** A line for above the block; without a colour it may be left out where there are too many. */
  function scroll(line: string, sign: string, colour?: number): void {
    if (colour === undefined && ++usual > linesAtOnce) {
      dropped++
      return
    }
    const text = line.length > longest ? `${line.slice(0, longest)}…` : line
    if (colour !== undefined) above.push(paint(colour, ` ${sign} ${text}`))
    else above.push(` ${sign === '✓' ? paint(green, sign) : sign} ${text}`)
  }

  function tell(event: Event): void {
    if (sums.take(event)) return
    const line = lineOf(event) as string
    switch (event.event) {
      case 'run.started':
        above.push(paint(grey, line))
        return
      case 'log':
        if (calls.rows.has(showNode(event.node, event.index))) for (const one of line.split('\n')) scroll(one, ' ')
        return
      case 'stage.succeeded':
        return scroll(line, '✓')
      case 'stage.cached':
        return scroll(line, '=')
      case 'stage.skipped':
        return scroll(line, '-')
      case 'stage.retried':
        return scroll(line, '↻', yellow)
      case 'stage.failed':
        return scroll(line, '✗', red)
      case 'stage.cancelled':
      case 'stage.not-run':
        return scroll(line, '-', grey)
      case 'notice':
        return scroll(line, '!', yellow)
      default:
    }
  }

  const release = catchWrites(stream, (line) => above.push(line))
  const timer = setInterval(() => {
    if (budget.take()) draw()
  }, lookEvery).unref()
  const resized = () => draw()
  // the shell has written where the block was
  const continued = () => {
    drawn = []
    width = 0
    draw()
  }
  stream.on('resize', resized)
  process.on('SIGCONT', continued)

  return {
    event(event) {
      tell(event)
      calls.follow(event)
      // what starts now may compute, and keep the timer from its turn
      if (event.event === 'stage.started' && budget.take()) draw()
    },
    close() {
      if (closed) return
      closed = true
      clearInterval(timer)
      stream.off('resize', resized)
      process.off('SIGCONT', continued)
      release()
      draw()
    },
  }
}

const same = (a: readonly BlockLine[], b: readonly BlockLine[]): boolean =>
  a.length === b.length && a.every(({ text }, i) => text === b[i]?.text)

/** What others write to the stream would tear the block: it comes above, line by line. Returns the way back. */
function catchWrites(stream: NodeJS.WriteStream, line: (text: string) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(stream, 'write')
  let rest = ''
  stream.write = ((chunk: string | Uint8Array, ...more: unknown[]) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n')
    rest = lines.pop() as string
    for (const text of lines) line(plainLine(text))
    const done = more.find((item) => typeof item === 'function') as ((error?: Error) => void) | undefined
    if (done) process.nextTick(done)
    return true
  }) as typeof stream.write
  return () => {
    if (rest !== '') line(plainLine(rest))
    if (own) Object.defineProperty(stream, 'write', own)
    else delete (stream as { write?: unknown }).write
  }
}
