import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { leave } from '../cli/support/exit.ts'
import { say } from '../cli/support/say.ts'
import { setEntry, startedMain } from '../entry.ts'
import { version } from '../version.ts'

/** The `millrace` command: `millrace pipeline.ts [command] [options]`, with TypeScript read by tsx. */
const [file, ...words] = process.argv.slice(2)

const usage = `Usage: millrace <program> [command] [options]

Examples:
  millrace pipeline.ts
  millrace pipeline.ts plan --param epochs=20
  millrace pipeline.ts --help
`

const refuse = (message: string, fix: string): Promise<never> => {
  say(`error[usage]: ${message}\n  fix: ${fix}`)
  return leave(2)
}

if (file === undefined || file === '--help' || file === '-h') {
  process.stdout.write(usage)
  await leave(file === undefined ? 2 : 0)
} else if (file === '--version' || file === '-V') {
  process.stdout.write(`${version()}\n`)
  await leave(0)
} else if (!existsSync(file))
  await refuse(`there is no program "${file}"`, 'Give the path of a program, for example millrace pipeline.ts.')
else {
  const path = resolve(file)
  const { register } = await import('tsx/esm/api')
  register()
  setEntry(path, ['--import', import.meta.resolve('tsx')])
  process.argv = [process.argv[0] as string, path, ...words]
  await import(pathToFileURL(path).href)
  if (!startedMain()) await refuse(`"${file}" has no command line`, 'End it with main(import.meta, pipeline).')
}
