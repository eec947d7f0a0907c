import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { leave } from '../cli/support/exit.ts'
import { isMissing } from '../cli/support/optional-package.ts'
import { say } from '../cli/support/say.ts'
import { setEntry, startedMain } from '../entry.ts'
import { version } from '../version.ts'

/** The `millrace` command: `millrace pipeline.ts [command] [options]`, with TypeScript read by tsx, else by Node itself. */
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

async function loaded<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load()
  } catch (error) {
    if (isMissing(error, 'tsx')) return undefined
    throw error
  }
}

/** What Node says of TypeScript that is more than types, and of imports that only tsx resolves. */
const needsTsx = (error: unknown): boolean =>
  [
    'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
    'ERR_INVALID_TYPESCRIPT_SYNTAX',
    'ERR_UNKNOWN_FILE_EXTENSION',
    'ERR_MODULE_NOT_FOUND',
    'ERR_UNSUPPORTED_DIR_IMPORT',
  ].includes(String((error as NodeJS.ErrnoException)?.code))

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
  const tsx = await loaded(() => import('tsx/esm/api'))
  tsx?.register()
  setEntry(path, tsx ? ['--import', import.meta.resolve('tsx')] : [])
  process.argv = [process.argv[0] as string, path, ...words]
  try {
    await import(pathToFileURL(path).href)
  } catch (error) {
    if (tsx || !needsTsx(error)) throw error
    await refuse(
      `Node alone can't read "${file}": ${(error as Error).message.split('\n')[0]}`,
      'Install tsx beside Millrace: npm install tsx.',
    )
  }
  if (!startedMain()) await refuse(`"${file}" has no command line`, 'End it with main(import.meta, pipeline).')
}
