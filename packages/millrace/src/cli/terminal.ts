export type Progress = 'auto' | 'tty' | 'plain' | 'quiet'

/** What stderr can show. Escape codes only where a person watches a capable terminal and did not say no. */
export function progressMode(
  asked: Progress,
  color: boolean,
  env: NodeJS.ProcessEnv = process.env,
): Exclude<Progress, 'auto'> {
  if (asked === 'quiet' || asked === 'plain') return asked
  const capable = color && !env.NO_COLOR && env.TERM !== 'dumb'
  if (asked === 'tty') return capable ? 'tty' : 'plain'
  return capable && process.stderr.isTTY && !env.CI ? 'tty' : 'plain'
}

/** `3.21 s`, `2 min 5 s`. */
export function showSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(2)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const sequences = new RegExp(
  [
    '\\u001b\\[[0-9;?]*[ -/]*[@-~]',
    '\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)',
    '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]',
  ].join('|'),
  'g',
)

/** Text of an author's stage without what could move a terminal's cursor or colour it. */
export const plainText = (text: string): string => text.replace(sequences, '')
