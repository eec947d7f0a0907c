import { type Event, showNode } from '@millrace/ir'
import { plainText, showSeconds } from '../terminal.ts'
import { clock, lineOf } from './line.ts'
import type { View } from './view.ts'

const redrawEvery = 100
const rows = 10
/** Above this many finished stages a second, only their counts are shown. */
const scrollLimit = 200

const csi = '\u001b['
const colours = { green: 32, red: 31, yellow: 33, grey: 90, bold: 1 } as const
const paint = (colour: keyof typeof colours, text: string): string => `${csi}${colours[colour]}m${text}${csi}0m`

interface Running {
  readonly since: number
  note: string
  retrying: boolean
}

/** A live block of what runs; what has ended scrolls above it. At most ten drawings a second. */
export function ttyView(stream: NodeJS.WriteStream): View {
  const running = new Map<string, Running>()
  const counts = { done: 0, cached: 0, skipped: 0, failed: 0 }
  let above: string[] = []
  let dropped = 0
  let height = 0
  let total = 0
  let closed = false
  const timer = setInterval(draw, redrawEvery).unref()

  function fit(line: string, width: number): string {
    const bare = plainText(line)
    return bare.length < width ? line : `${bare.slice(0, Math.max(1, width - 2))}…`
  }

  function block(width: number): string[] {
    if (running.size === 0) return []
    const shown = [...running].slice(0, rows)
    const lines = shown.map(([name, { since, note, retrying }]) => {
      const seconds = ((Date.now() - since) / 1000).toFixed(0)
      const sign = retrying ? paint('yellow', '↻') : '•'
      return fit(` ${sign} ${name} ${paint('grey', `${seconds} s`)} ${note}`, width)
    })
    if (running.size > rows) lines.push(` and ${running.size - rows} more`)
    const parts = [
      `${counts.done} done`,
      `${counts.cached} cached`,
      ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    ]
    if (counts.failed > 0) parts.push(paint('red', `${counts.failed} failed`))
    lines.push(fit(paint('bold', ` ${parts.join(', ')}`) + (total > 0 ? ` (${total} stages planned)` : ''), width))
    return lines
  }

  function draw(): void {
    const width = stream.columns || 80
    const up = height > 0 ? `${csi}${height}A` : ''
    const finished = above.map((line) => `${fit(line, width)}${csi}K\n`).join('')
    const more = dropped > 0 ? `${paint('grey', `   and ${dropped} more ended`)}${csi}K\n` : ''
    above = []
    dropped = 0
    const lines = closed ? [] : block(width)
    const body = lines.map((line) => `${line}${csi}K\n`).join('')
    if (height === 0 && finished === '' && more === '' && body === '') return
    stream.write(`${up}\r${finished}${more}${body}${csi}J`)
    height = lines.length
  }

  const scroll = (line: string) => {
    if (above.length * (1000 / redrawEvery) < scrollLimit) above.push(line)
    else dropped++
  }

  return {
    event(event: Event) {
      const name = 'node' in event ? showNode(event.node, event.index) : ''
      switch (event.event) {
        case 'run.started':
          total = event.nodes
          return scroll(paint('grey', `${event.pipeline}, run ${event.run}`))
        case 'stage.started':
          running.set(name, {
            since: Date.now(),
            note: (event.attempt ?? 1) > 1 ? `attempt ${event.attempt}` : '',
            retrying: false,
          })
          return
        case 'log': {
          const at = running.get(name)
          if (at) at.note = plainText(event.message)
          return
        }
        case 'metric': {
          const at = running.get(name)
          if (at) at.note = `${event.name} ${event.value}`
          return
        }
        case 'stage.waiting':
          running.set(name, { since: Date.now(), note: `waiting: ${event.reason}`, retrying: true })
          return
        case 'stage.retried':
          running.set(name, {
            since: Date.now(),
            note: `again at ${clock(event.next).slice(0, 8)}: ${plainText(event.cause.message)}`,
            retrying: true,
          })
          return scroll(paint('yellow', ` ↻ ${lineOf(event)}`))
        case 'stage.succeeded':
          counts.done++
          running.delete(name)
          return scroll(` ${paint('green', '✓')} ${name} ${paint('grey', showSeconds(event.seconds))}`)
        case 'stage.cached':
          counts.cached++
          return scroll(` ${paint('green', '=')} ${name} ${paint('grey', `cached from ${event.from}`)}`)
        case 'stage.skipped':
          counts.skipped++
          return scroll(` - ${name} ${paint('grey', `skipped: ${event.because}`)}`)
        case 'stage.failed':
          counts.failed++
          running.delete(name)
          return scroll(paint('red', ` ✗ ${lineOf(event)}`))
        case 'stage.cancelled':
        case 'stage.not-run':
          running.delete(name)
          return scroll(paint('grey', ` ∅ ${lineOf(event)}`))
        case 'notice':
          return scroll(paint('yellow', ` ! ${lineOf(event)}`))
        case 'run.finished':
          return
      }
    },
    close() {
      closed = true
      clearInterval(timer)
      draw()
    },
  }
}
