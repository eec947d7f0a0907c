import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { node, root } from '../support/processes.ts'

/** Draws `docs/run.svg`: the demo in a real terminal, while the last of its trainings run. It needs tmux. */
const columns = 72
const rows = 17
const store = mkdtempSync(join(tmpdir(), 'picture-'))
const tmux = (...words: readonly string[]): string =>
  execFileSync('tmux', ['-L', `picture-${process.pid}`, '-f', '/dev/null', ...words], { encoding: 'utf8' })
/** https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters; the few that a run uses. */
const attributes: Readonly<Record<string, string>> = {
  1: 'font-weight="bold"',
  31: 'fill="#ff7b72"',
  32: 'fill="#7ee787"',
  33: 'fill="#e3b341"',
  90: 'fill="#8b949e"',
}

try {
  const example = join(root, 'examples/02-digits')
  const program = ['env', `MILLRACE_STORE=${store}`, 'TERM=screen-256color', node, 'digits.ts']
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', example, ...program)
  let screen = ''
  while (!/train\[6\] running/.test(screen)) {
    await sleep(50)
    screen = tmux('capture-pane', '-p', '-e')
  }
  writeFileSync(join(root, 'docs/run.svg'), svgOf(['$ node digits.ts', ...screen.trimEnd().split('\n')]))
} finally {
  tmux('kill-server')
  rmSync(store, { recursive: true, force: true, maxRetries: 3 })
}

function svgOf(lines: readonly string[]): string {
  const [width, height, line, margin] = [columns * 8.2 + 32, lines.length * 19 + 28, 19, 16]
  const style = 'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.5"'
  const texts = lines.map(
    (text, i) => `  <text x="${margin}" y="${margin + 15 + i * line}" xml:space="preserve">${spansOf(text)}</text>\n`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${style} fill="#e6edf3">
  <title>A run of the digits example in a terminal</title>
  <rect width="100%" height="100%" rx="8" fill="#161b22"/>
${texts.join('')}</svg>
`
}

function spansOf(line: string): string {
  const escaped = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const [first = '', ...parts] = escaped.split('\u001b[')
  const spans = parts.map((part) => {
    const [, codes = '', text = ''] = /^([\d;]*)m(.*)$/s.exec(part) ?? []
    const attribute = codes
      .split(';')
      .map((code) => attributes[code])
      .find(Boolean)
    return attribute === undefined || text === '' ? text : `<tspan ${attribute}>${text}</tspan>`
  })
  return [first, ...spans].join('')
}
