import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { commandOf, type RunOptions } from './processes.ts'

/** Why no test can look at a terminal here; undefined where it can. */
export const noTerminal: string | undefined = (() => {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no tmux'
  }
})()

/** A program that runs in a terminal. */
export interface Terminal {
  /** The lines that can be seen. */
  screen(): string[]
  /** These, and all that has scrolled away. */
  history(): string[]
  resize(columns: number, rows: number): void
  /** As tmux names keys: `C-c`. */
  press(key: string): void
  cursorShown(): boolean
  /** Gives the program's exit code. */
  ended(): Promise<number>
}

/** Runs a folder's program in a terminal of its own; it is closed when the test ends. */
export function inTerminal(
  folder: string,
  args: readonly string[],
  { columns = 80, rows = 24, env = {}, ...how }: { columns?: number; rows?: number } & RunOptions = {},
): Terminal {
  const name = `millrace-${randomBytes(4).toString('hex')}`
  const tmux = (...words: readonly string[]): string =>
    execFileSync('tmux', ['-L', name, '-f', '/dev/null', ...words], { encoding: 'utf8' })
  const { command, words, env: own } = commandOf(folder, args, { ...how, env: { TERM: 'screen-256color', ...env } })
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  const variables = Object.entries(own).map(([key, value]) => quoted(`${key}=${value}`))
  const script = join(folder, 'terminal.sh')
  writeFileSync(
    script,
    `trap : INT\ncd ${quoted(folder)}\nenv -i ${variables.join(' ')} ${[command, ...words].map(quoted).join(' ')}\necho "exit $?"\nexec sleep 1000\n`,
  )
  const session = ['new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh', script]
  tmux('start-server', ';', 'set', '-g', 'status', 'off', ';', 'set', '-g', 'history-limit', '60000', ';', ...session)
  onTestFinished(() => {
    tmux('kill-server')
  })
  const lines = (text: string): string[] => text.trimEnd().split('\n')
  const screen = () => lines(tmux('capture-pane', '-p'))
  return {
    screen,
    history: () => lines(tmux('capture-pane', '-p', '-J', '-S', '-')),
    resize: (x, y) => void tmux('resize-window', '-x', String(x), '-y', String(y)),
    press: (key) => void tmux('send-keys', key),
    cursorShown: () => tmux('display-message', '-p', '#{cursor_flag}').trim() === '1',
    async ended() {
      for (;;) {
        const code = screen().findLast((line) => line.startsWith('exit '))
        if (code !== undefined) return Number(code.slice('exit '.length))
        await sleep(50)
      }
    },
  }
}
