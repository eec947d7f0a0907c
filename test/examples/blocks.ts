import { fencesOf } from '../docs/fences.ts'

/** A block of shell in a page, and what its commands print when the page shows it. */
export interface Block {
  /** Of its first command. */
  readonly line: number
  readonly commands: readonly string[]
  /** The next block, if it is `text` or `json`: all that the commands print on stdout. */
  readonly output?: string
}

/** Commands that a page may show and a test does not run: they fetch, go into a new project, or are this very test. */
const left = /^(git clone|npx -y pnpm@12|pnpm|npm|cd my-pipeline)\b/

/** The `sh` blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const { fences } = fencesOf(page)
  return fences.flatMap(({ line, language, text }, i): Block[] => {
    if (language !== 'sh') return []
    const next = fences[i + 1]
    const commands = text.split('\n').filter((line) => line.trim() !== '' && !/^#/.test(line) && !left.test(line))
    const shown = next && ['text', 'json'].includes(next.language)
    return [{ line, commands, ...(shown ? { output: next.text.replace(/\n$/, '') } : {}) }]
  })
}

/** Whether a text is what a page shows: `…` stands for anything within a line, and alone on a line for any lines. */
export function matches(shown: string, text: string): boolean {
  const quote = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = shown
    .split('\n')
    .map((line) => (line.trim() === '…' ? '[\\s\\S]*' : line.split('…').map(quote).join('.*')))
    .join('\n')
  return new RegExp(`^${pattern}$`).test(text)
}
