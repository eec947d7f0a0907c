import { type Event, showNode } from '@millrace/ir'
import { shortPath } from '../../short-path.ts'
import { firstLine, plainLine, plainText, showSeconds } from '../support/terminal.ts'
import { visible } from '../support/visible.ts'

/**
 * The words that each line of a run has: one status per event, always the same. `count`: how many calls of the same
 * stage it stands for.
 */
export function lineOf(event: Event, count = 1): string | undefined {
  const line = wordsOf(event, count)
  return line === undefined ? undefined : visible(line)
}

function wordsOf(event: Event, count: number): string | undefined {
  const stage = !('node' in event)
    ? ''
    : count > 1
      ? `${event.node}: ${count} calls`
      : showNode(event.node, event.index)
  switch (event.event) {
    case 'run.started':
      return `${event.pipeline} run ${event.run}`
    case 'stage.started':
      return `${stage} started${again(event.attempt)}`
    case 'stage.succeeded':
      return `${stage} succeeded in ${showSeconds(event.seconds)}${again(event.attempt)}`
    case 'stage.cached':
      return `${stage} cached from ${event.from}`
    case 'stage.skipped':
      return `${stage} skipped: ${firstLine(event.because)}`
    case 'stage.not-run':
      return `${stage} not run: ${firstLine(event.because)} failed`
    case 'stage.waiting':
      return `${stage} waiting: ${firstLine(event.reason)}`
    case 'stage.retried':
      return `${stage} retried at ${clock(event.next).slice(0, 8)}: ${firstLine(event.cause.message)}`
    case 'stage.failed':
      return `${stage} failed: ${firstLine(event.cause.message)}`
    case 'stage.cancelled':
      return `${stage} cancelled: ${firstLine(event.reason)}`
    case 'metric':
      return `${stage} ${plainLine(event.name)} = ${event.value}${event.step === undefined ? '' : ` (step ${event.step})`}`
    case 'log':
      return logLine(`${stage} | `, event)
    case 'notice':
      return `${event.severity}[${event.code}]: ${firstLine(event.message)}${event.at.file === undefined ? '' : ` (${shortPath(event.at.file)}:${event.at.line ?? 1})`}`
    case 'run.progress':
    case 'run.finished':
      return undefined
  }
}

/** Each line of what a stage said stands under its name. */
function logLine(before: string, { message, data }: Extract<Event, { event: 'log' }>): string {
  const lines = message.split('\n').map((line) => `${before}${plainLine(line)}`)
  return `${lines.join('\n')}${data === undefined ? '' : ` ${plainText(JSON.stringify(data))}`}`
}

const again = (attempt: number | undefined): string =>
  attempt === undefined || attempt === 1 ? '' : ` (attempt ${attempt})`

let second = ''
let shown = ''

/** The time of day here, of an event's time. */
export function clock(time: string): string {
  const start = time.slice(0, 19)
  if (start !== second) {
    second = start
    shown = new Date(time).toTimeString().slice(0, 8)
  }
  return shown + time.slice(19, 23)
}
