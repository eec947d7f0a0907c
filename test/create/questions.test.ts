import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { inTerminal, noTerminal, type Terminal } from '../support/terminal.ts'
import { bin, emptyFolder } from './create.ts'

const started = (folder: string, words: readonly string[], env = {}): Terminal =>
  inTerminal(folder, [...words, '--no-install', '--no-git'], { how: 'node', entry: bin, env })

/** Waits for a line, and gives the screen. */
async function shown(terminal: Terminal, line: string): Promise<string[]> {
  for (;;) {
    const screen = terminal.screen()
    if (screen.at(-1)?.trimEnd() === line) return screen
    await sleep(50)
  }
}
const answer = (terminal: Terminal, text: string) => {
  if (text !== '') terminal.press(text)
  terminal.press('Enter')
}
const made = (folder: string) => readdirSync(folder).filter((name) => name !== 'terminal.sh')

describe.skipIf(noTerminal)('on a terminal', () => {
  test('it asks for what is not given, again if the answer is of no use', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'notes'), '')
    const terminal = started(folder, [])
    await shown(terminal, 'Folder (my-pipeline):')
    answer(terminal, 'notes')
    await shown(terminal, 'Folder (my-pipeline):')
    answer(terminal, '')
    await shown(terminal, 'Template (hello):')
    answer(terminal, 'digit')
    await shown(terminal, 'Template (hello):')
    answer(terminal, 'digits')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.screen()).toEqual([
      'Folder (my-pipeline): notes',
      'error[usage]: "notes" is a file',
      '  fix: Give the path of a folder that is empty, or that is not there.',
      'Folder (my-pipeline):',
      '  hello   two small stages that count words',
      '  digits  trains, chooses, validates and publishes a classifier of digits',
      'Template (hello): digit',
      'error[usage]: there is no template "digit" (did you mean "digits"?)',
      '  fix: Choose hello or digits.',
      'Template (hello): digits',
      '"my-pipeline" has a project from the template "digits".',
      '',
      'Next:',
      '  cd my-pipeline',
      '  npm install',
      '  npm start',
      '',
      'README.md says more.',
      'exit 0',
    ])
    expect(readFileSync(join(folder, 'my-pipeline/package.json'), 'utf8')).toContain('"name": "my-pipeline"')
  })

  test.each(['C-c', 'C-d'])('%s in a question writes nothing', async (key) => {
    const folder = emptyFolder()
    const terminal = started(folder, ['words'])
    await shown(terminal, 'Template (hello):')
    terminal.press(key)
    expect(await terminal.ended()).toBe(130)
    expect(made(folder)).toEqual([])
  })

  test.each([
    ['--yes', ['--yes'], {}],
    ['CI', [], { CI: 'true' }],
  ])('with %s it asks nothing', async (_, words, env) => {
    const folder = emptyFolder()
    expect(await started(folder, words, env).ended()).toBe(0)
    expect(made(folder)).toEqual(['my-pipeline'])
  })
})
