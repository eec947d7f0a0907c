import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../../packages/millrace/src/cli/support/exit.ts'
import { root } from '../support/processes.ts'
import { type Program, program } from '../support/program.ts'

const page = readFileSync(join(root, 'docs/reference/command-line.md'), 'utf8')
const text = readFileSync(join(root, 'examples/01-hello/hello.ts'), 'utf8')

const section = (heading: string): string => page.split(`\n## ${heading}\n`)[1]?.split(/\n## /)[0] ?? ''

/** Options by how they are written, with their default where one is told. */
type Options = ReadonlyMap<string, string | undefined>

const inTable = (heading: string): Options =>
  new Map(
    [...section(heading).matchAll(/^\| `(-[^`]+)` \|([^|]*)\|/gm)].map(([, option = '', value = '']) => [
      option,
      value.replaceAll('`', '').trim(),
    ]),
  )

/** What `--help` prints of options; a default that a text describes is none. */
function inHelp(help: string): Options {
  const options = /\nOptions:\n([\s\S]*?)(\n\n|$)/.exec(help)?.[1] ?? ''
  return new Map(
    options.split(/\n(?= {2}-)/).map((entry) => {
      const [, option = '', meaning = ''] = /^ {2}(-\S.*?)(?: {2,}([\s\S]*))?$/.exec(entry) ?? []
      return [option, /default: "([^"]*)"\)/.exec(meaning.replaceAll(/\s+/g, ' '))?.[1]]
    }),
  )
}

const help = async (one: Program, ...words: readonly string[]): Promise<string> =>
  (await one.run([...words, '--help'], { how: 'node' })).stdout

const commands = [...page.matchAll(/^\| \[`(\w+)`\]\(#\w+\) \|/gm)].map(([, name = '']) => name)

test('the page has every command, and only those', async () => {
  const root = await help(program(text))
  const [, list = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(root) ?? []
  expect(commands).toEqual([...list.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name))
  expect(commands.filter((name) => section(name) === '')).toEqual([])
  expect([...inHelp(root).keys()]).toEqual(['-V, --version', '-h, --help'])
})

test.each(commands)('the options of %s are those of its help', async (name) => {
  const told = new Map(
    [name, ...['Everywhere', 'Parameters'].filter((shared) => section(name).includes(`[${shared}]`))].flatMap(
      (heading) => [...inTable(heading)],
    ),
  )
  const real = inHelp(await help(program(text), name))
  expect([...told.keys()].sort()).toEqual([...real.keys()].sort())
  const defaults = [...real].filter(([, value]) => value !== undefined)
  expect(defaults.map(([option]) => [option, told.get(option)])).toEqual(defaults)
})

test('the words after runs and store are those that there are', async () => {
  const one = program(text)
  for (const name of ['runs', 'store']) {
    const { stderr } = await one.run([name, 'x'], { how: 'node' })
    const verbs = [...(/Use one of: (.*)\./.exec(stderr)?.[1] ?? '').matchAll(/\w+ (\w+)/g)].map(([, verb]) => verb)
    expect(verbs.length).toBeGreaterThan(0)
    expect(verbs.filter((verb) => !section(name).includes(`\`${name} ${verb}`))).toEqual([])
  }
})

test('the exit codes are those that there are', () => {
  const told = [...section('Exit codes').matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '))
  expect(told.map(Number).sort()).toEqual(Object.values(exitCodes).sort())
})
