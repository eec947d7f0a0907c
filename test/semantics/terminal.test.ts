import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { commandOf } from '../support/processes.ts'
import { program } from '../support/program.ts'
import { inTerminal, noTerminal, type Terminal } from '../support/terminal.ts'

const text = `
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({ n: z.number() }), output: z.object({ n: z.number() }) }
const little = { cpu: 0.01, memory: '1Mi' }
export const step = stage('step', {
  ...io,
  resources: little,
  run: async ({ n }) => {
    if (n % 20 === 0) await sleep(30)
    return { n }
  },
})
export const open = stage('open-until-told', {
  ...io,
  resources: little,
  run: async ({ n }, { signal }) => {
    console.log('你好 👩‍👩‍👧‍👦 ' + 'wide '.repeat(30) + n)
    while (!existsSync('go') && !signal.aborted) await sleep(20)
    signal.throwIfAborted()
    return { n }
  },
})
export const fails = stage('fails', {
  ...io,
  resources: little,
  retries: 9,
  run: () => { throw new Error('not yet') },
})
const list = (length: number) => Array.from({ length }, (_, n) => n)
export const many = pipeline('many', {
  input: z.object({ steps: z.number().default(0), open: z.number().default(0), fails: z.number().default(0) }),
  build: () => ({ all: map(list(10_000), (n) => step({ n }).n) }),
})
export const few = pipeline('few', {
  input: z.object({}),
  build: () => {
    map(list(30), (n) => open({ n }))
    fails({ n: 1 })
    return { some: map(list(200), (n) => step({ n }).n) }
  },
})
main(import.meta, many, few)
`
const head = /^ (?:\d+ s|\d+ min \d+ s): \d+ of \d+ ended/
const inBlock = / (?:• \S+ running|↻ \S+ attempt|… \S+ waiting) | {2}and \d+ more (?:running|retrying|waiting)/

/** How many lines the block has; fails where there are two. */
function blockOf(screen: readonly string[]): number {
  const first = screen.findIndex((line) => head.test(line))
  expect(screen.filter((line) => head.test(line)).length).toBeLessThan(2)
  return first < 0 ? 0 : screen.slice(first).length
}

/** Ends of calls and printed lines that are told, one by one or as a number where too many come at once. */
const told = (history: readonly string[]): number =>
  history.reduce(
    (sum, line) => sum + (/^ (?:✓| .*你好)/.test(line) ? 1 : Number(/^ {3}and (\d+) more lines$/.exec(line)?.[1] ?? 0)),
    0,
  )

async function until(terminal: Terminal, found: (screen: string[]) => boolean): Promise<string[]> {
  for (;;) {
    const screen = terminal.screen()
    if (found(screen)) return screen
    await sleep(50)
  }
}

describe.skipIf(noTerminal)('in a terminal', () => {
  test('10,000 stages: never more than 12 lines that change, what ended stays above, nothing is left of the block', async () => {
    const terminal = inTerminal(program(text).folder, ['--jobs', '100', '--pipeline', 'many'])
    let most = 0
    let over = false
    const ended = terminal.ended().then((code) => {
      over = true
      return code
    })
    while (!over) {
      most = Math.max(most, blockOf(terminal.screen()))
      await sleep(100)
    }
    expect(await ended).toBe(0)
    expect(most).toBeLessThanOrEqual(12)
    const history = terminal.history()
    expect(history.filter((line) => head.test(line) || inBlock.test(line))).toEqual([])
    expect(history[0]).toMatch(/^many run \d{8}-/)
    expect(told(history)).toBe(10_000)
    expect(history.at(-2)).toMatch(/^10000 ran, 0 cached, 0 skipped, 0 failed, /)
    expect(history.at(-3)).toMatch(/^\{"all":\[0,1,2,/)
    expect(terminal.cursorShown()).toBe(true)
  })

  test('what runs longest, what is tried again and why, how many more; at any size', async () => {
    const one = program(text)
    const terminal = inTerminal(one.folder, ['--jobs', '40', '--pipeline', 'few'])
    const wide = await until(terminal, (screen) => /200 of 231 ended, 30 running, 1 retrying/.test(screen.join()))
    const block = wide.slice(-blockOf(wide))
    expect(block).toHaveLength(12)
    expect(block[0]).toMatch(/^ \d+ s: 200 of 231 ended, 30 running, 1 retrying$/)
    expect(block[1]).toMatch(/^ • open-until-told\[0\] running \d+ s {2}你好/)
    expect(block.join('\n')).toMatch(/ ↻ fails attempt \d+ of 10 in \d+ s: "fails" threw Error: not yet/)
    expect(block.at(-1)).toMatch(/^ {3}and 21 more running$/)
    terminal.resize(40, 10)
    const narrow = await until(terminal, (screen) => blockOf(screen) === 9 && screen.some((line) => line.endsWith('…')))
    expect(narrow.every((line) => line.length < 40)).toBe(true)
    terminal.resize(100, 30)
    await until(terminal, (screen) => blockOf(screen) === 12)
    terminal.press('C-c')
    expect(await terminal.ended()).toBe(130)
    const history = terminal.history()
    expect(history.filter((line) => line.startsWith('few run '))).toHaveLength(1)
    const cancelled = history.filter((line) => /^ - open-until-told\[\d+\] cancelled/.test(line)).length
    expect(cancelled).toBeGreaterThan(0)
    // each of the 30 has printed a line
    expect(told(history) + cancelled).toBe(200 + 30 + 30)
    expect(history.slice(-4).join('\n')).toMatch(
      /^error\[run-cancelled\].*\n {2}fix: .*\n200 ran, 0 cached, 0 skipped, 0 failed, .* s\nexit 130$/,
    )
    expect(terminal.cursorShown()).toBe(true)
  })
})

/** Gives a program a terminal, and its bytes to us. */
const recorder = 'script'
const noScript: boolean = (() => {
  try {
    execFileSync(recorder, ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return true
  }
})()

describe.skipIf(noScript)('on a terminal that is not to have escape codes', () => {
  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
    ['CI', { CI: 'true' }],
  ])('%s', async (_, env) => {
    const { folder } = program(text)
    const {
      command,
      words,
      env: all,
    } = commandOf(folder, ['--pipeline', 'few', '--timeout', '2s'], {
      env: { TERM: 'xterm-256color', ...env },
    })
    const line = [command, ...words].join(' ')
    const { status, stdout } = spawnSync(recorder, ['-qec', line, '/dev/null'], {
      cwd: folder,
      env: all,
      encoding: 'utf8',
    })
    expect(stdout).toContain('few run ')
    expect(stdout).not.toContain('\u001b')
    expect(status).toBe(4)
  })
})
