import { visible } from './visible.ts'

export type Progress = 'auto' | 'tty' | 'plain' | 'quiet'

/** What stderr can show. Escape codes only where a person watches a capable terminal and did not say no. */
export function progressMode(
  asked: Progress,
  color: boolean,
  env: NodeJS.ProcessEnv = process.env,
): Exclude<Progress, 'auto'> {
  if (asked === 'quiet' || asked === 'plain') return asked
  const capable = process.stderr.isTTY && color && !env.NO_COLOR && env.TERM !== 'dumb'
  return capable && (asked === 'tty' || !env.CI) ? 'tty' : 'plain'
}

/** `3.21 s`, `2 min 5 s`. What a damaged file or another machine's clock says may be no time that can pass. */
export function showSeconds(given: number): string {
  const seconds = Number.isFinite(given) ? Math.max(0, given) : 0
  if (seconds < 59.995) return `${seconds.toFixed(2)} s`
  const whole = Math.max(60, Math.floor(seconds))
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `512 B`, `1.2 GB`. */
export function showBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let at = 0
  let value = bytes
  for (; value >= 999.95 && at < units.length - 1; at++) value /= 1000
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`
}

/** What a terminal obeys and shows nothing of: CSI, OSC, and what else begins with an escape; and single codes. */
const sequences = new RegExp(
  [
    '\\u001b\\[[0-?]*[ -/]*[@-~]',
    '\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?',
    '\\u001b[ -/]*[0-~]?',
    '[\\u0000-\\u0008\\u000b-\\u001f]',
  ].join('|'),
  'g',
)

/** Text of an author's stage as a terminal would show it, without what could move its cursor or colour it. */
export const plainText = (text: string): string => visible(text.replace(sequences, ''))

/** One line of it as a terminal would leave it: a progress bar that goes back with `\r` leaves its last state. */
export function plainLine(line: string): string {
  const end = line.endsWith('\r') ? line.length - 1 : line.length
  return plainText(line.slice(line.lastIndexOf('\r', end - 1) + 1, end))
}

/** The first line of a text, and a sign if there are more. */
export function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end < 0 ? plainText(text) : `${plainText(text.slice(0, end))} …`
}
