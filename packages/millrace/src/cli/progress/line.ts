import { type Event, showNode } from '@millrace/ir'
import { shortPath } from '../../short-path.ts'
import { plainText, showSeconds } from '../terminal.ts'

/** The words that each line of a run has in its status column: one per event, always the same. */
export function lineOf(event: Event): string | undefined {
  const stage = 'node' in event ? showNode(event.node, event.index) : ''
  switch (event.event) {
    case 'run.started':
      return `${event.pipeline} run ${event.run}`
    case 'stage.started':
      return `${stage} started${again(event.attempt)}`
    case 'stage.succeeded':
      return `${stage} succeeded in ${showSeconds(event.seconds)}`
    case 'stage.cached':
      return `${stage} cached from ${event.from}`
    case 'stage.skipped':
      return `${stage} skipped: ${event.because}`
    case 'stage.not-run':
      return `${stage} not run: ${event.because} failed`
    case 'stage.waiting':
      return `${stage} waiting: ${event.reason}`
    case 'stage.retried':
      return `${stage} retried at ${clock(event.next).slice(0, 8)}: ${plainText(event.cause.message)}`
    case 'stage.failed':
      return `${stage} failed: ${plainText(event.cause.message)}`
    case 'stage.cancelled':
      return `${stage} cancelled: ${event.reason}`
    case 'metric':
      return `${stage} ${event.name} = ${event.value}${event.step === undefined ? '' : ` (step ${event.step})`}`
    case 'log':
      return `${stage} | ${plainText(event.message)}${event.data === undefined ? '' : ` ${JSON.stringify(event.data)}`}`
    case 'notice':
      return `${event.severity}[${event.code}]: ${event.message}${event.at.file === undefined ? '' : ` (${shortPath(event.at.file)}:${event.at.line ?? 1})`}`
    case 'run.finished':
      return undefined
  }
}

const again = (attempt: number | undefined): string =>
  attempt === undefined || attempt === 1 ? '' : ` (attempt ${attempt})`

export const clock = (time: string): string => new Date(time).toTimeString().slice(0, 8) + time.slice(19, 23)
