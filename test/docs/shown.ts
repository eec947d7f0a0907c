/** How a page writes the folder of its project. */
export const projects = '/projects/flowers'

/** A text without what differs from one time to the next: times, durations, ids of runs, digests, places, widths. */
const normal = (text: string): string =>
  text
    .replace(/\b\d{8}-\d{6}-[0-9a-f]{6}\b/g, '<run>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, '<time>')
    .replace(/\b\d\d:\d\d:\d\d(?:\.\d{3})?\b/g, '<time>')
    .replace(/\bsha256:[0-9a-f]{64}\b/g, '<digest>')
    .replace(/-[0-9a-f]{12}\b/g, '-<digest>')
    .replace(/\b\d+(?:\.\d+)? (?:ms|s)\b/g, '<duration>')
    .replace(/(?<=\S) {2,}/g, '  ')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()

/** Side by side calls end in any order, and files are listed by digests, too. */
const anyOrder = /^(?:<time>|missing|stale|new|removed) /

/** Lines whose order says nothing, where they follow each other. */
const inOrder = (text: string): string => {
  const lines: string[] = []
  let free: string[] = []
  for (const line of text.split('\n')) {
    if (anyOrder.test(line)) free.push(line)
    else {
      lines.push(...free.sort(), line)
      free = []
    }
  }
  return [...lines, ...free.sort()].join('\n')
}

const quote = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Whether a text is what a page shows: `…` stands for anything within a line, and alone on a line for any lines. */
export function matches(shown: string, text: string): boolean {
  const pattern = inOrder(normal(shown))
    .split('\n')
    .map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${line.split('…').map(quote).join('.*')}\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(`${inOrder(normal(text))}\n`)
}
