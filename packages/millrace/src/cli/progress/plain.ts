import { type Event, showNode } from '@millrace/ir'
import { clock, lineOf } from './line.ts'
import type { View } from './view.ts'

const flushAfter = 50
const heartbeat = 30_000

/** One greppable line an event, and a sign of life every 30 s when there is none. */
export function plainView(write: (text: string) => void): View {
  let held = ''
  let timer: NodeJS.Timeout | undefined
  let last = Date.now()
  const running = new Map<string, number>()
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (held === '') return
    const text = held
    held = ''
    last = Date.now()
    write(text)
  }
  const add = (line: string) => {
    held += `${line}\n`
    if (held.length > 32 * 1024) flush()
    else timer ??= setTimeout(flush, flushAfter).unref()
  }
  const beat = setInterval(() => {
    if (Date.now() - last < heartbeat || running.size === 0) return
    const longest = [...running]
      .slice(0, 3)
      .map(([name, since]) => `${name} (${Math.round((Date.now() - since) / 1000)} s)`)
    const more = running.size > 3 ? ` and ${running.size - 3} more` : ''
    add(`${clock(new Date().toISOString())} still running: ${longest.join(', ')}${more}`)
  }, 1000).unref()
  return {
    event(event: Event) {
      if ('node' in event) {
        const name = showNode(event.node, event.index)
        if (event.event === 'stage.started') running.set(name, Date.now())
        else if (event.event !== 'log' && event.event !== 'metric') running.delete(name)
      }
      // those of a cached call are replayed into the journal; here they are no news
      const replayed = event.event === 'metric' || event.event === 'log'
      if (replayed && !running.has(showNode(event.node, event.index))) return
      const line = lineOf(event)
      if (line !== undefined) add(`${clock(event.time)} ${line}`)
    },
    close() {
      clearInterval(beat)
      flush()
    },
  }
}
