/** A fenced block of a page. */
export interface Fence {
  /** Of its first line of text, from 1. */
  readonly line: number
  readonly language: string
  /** Of a file: `pipeline.ts` in ` ```ts [pipeline.ts] `. */
  readonly name?: string
  /** The other words after the language. */
  readonly words: readonly string[]
  /** Without the indentation of the fence. */
  readonly text: string
  readonly indent: string
}

/** What a page has: its blocks in order, and its lines without them. */
export function fencesOf(page: string): { readonly fences: readonly Fence[]; readonly prose: readonly string[] } {
  const fences: Fence[] = []
  const prose: string[] = []
  let open: { indent: string; info: string; line: number; lines: string[] } | undefined
  for (const [i, line] of page.split('\n').entries()) {
    const [, indent = '', info = ''] = /^(\s*)```(.*)$/.exec(line) ?? []
    if (open && /^\s*```\s*$/.test(line)) {
      fences.push(fence(open))
      open = undefined
    } else if (open) open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
    else if (/^\s*```/.test(line)) open = { indent, info, line: i + 2, lines: [] }
    else prose.push(line)
  }
  if (open) throw new Error(`the fence in line ${open.line - 1} is never closed`)
  return { fences, prose }
}

function fence({ indent, info, line, lines }: { indent: string; info: string; line: number; lines: string[] }): Fence {
  const name = /\[([^\]]+)\]/.exec(info)?.[1]
  const [language = '', ...words] = info
    .replace(/\[[^\]]*\]/, '')
    .trim()
    .split(/\s+/)
  const text = lines.map((each) => `${each}\n`).join('')
  return { line, language, words, text, indent, ...(name === undefined ? {} : { name }) }
}

/** What a block is to a test; each is one of these, or the page is wrong. */
export type Kind = 'file' | 'edit' | 'commands' | 'session' | 'cluster'

const languagesOfFiles = ['ts', 'js', 'json', 'yaml', 'csv', 'ini', 'text', 'python']

export function kindOf({ language, name, words }: Fence): Kind | undefined {
  const plain = words.length === 0
  if (name !== undefined)
    return !plain ? undefined : languagesOfFiles.includes(language) ? 'file' : language === 'diff' ? 'edit' : undefined
  if (language === 'sh' && words.join() === 'cluster') return 'cluster'
  if (!plain) return undefined
  return language === 'sh' ? 'commands' : language === 'console' ? 'session' : undefined
}

/** A command of a `console` block, and what it prints. */
export interface Typed {
  readonly command: string
  readonly shown: string
}

/** A command goes on in the next line after a backslash. */
export function typedIn({ text, line }: Fence): readonly Typed[] {
  const typed: { command: string[]; shown: string[] }[] = []
  for (const each of text.trimEnd().split('\n')) {
    const last = typed.at(-1)
    if (last && last.shown.length === 0 && last.command.at(-1)?.endsWith('\\')) last.command.push(each)
    else if (each.startsWith('$ ')) typed.push({ command: [each.slice(2)], shown: [] })
    else if (last) last.shown.push(each)
    else throw new Error(`the console block in line ${line} does not begin with a command`)
  }
  return typed.map(({ command, shown }) => ({ command: command.join('\n'), shown: shown.join('\n') }))
}

/** A file after an edit as `diff` shows it: unchanged lines after a space, others after `-` and `+`. */
export function edited(before: string, { text, name, line }: Fence): string {
  const side = (mark: string) =>
    text
      .trimEnd()
      .split('\n')
      .filter((each) => each === '' || each.startsWith(' ') || each.startsWith(mark))
      .map((each) => `${each.slice(1)}\n`)
      .join('')
  const parts = before.split(side('-'))
  if (parts.length !== 2) throw new Error(`what line ${line} edits is ${parts.length - 1} times in ${name}`)
  return parts.join(side('+'))
}

/** The files of a page as they are at its end. */
export function filesOf(fences: readonly Fence[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const fence of fences) {
    const { name = '', text } = fence
    if (kindOf(fence) === 'file') files.set(name, text)
    if (kindOf(fence) === 'edit') files.set(name, edited(files.get(name) ?? '', fence))
  }
  return files
}
