import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Ignored by git, and the packages resolve from it. */
const cache = join(root, 'test/node_modules/.cache/types')

/**
 * Runs the workspace's tsc on a program of its own, given as texts by file names, and gives what it prints. What is
 * wrong in the packages' sources is left out: the check of the workspace tells it.
 */
export async function tsc(
  texts: Readonly<Record<string, string>>,
  compilerOptions: object = {},
  flags: readonly string[] = [],
): Promise<string> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'program-'))
  try {
    const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files: Object.keys(texts) }
    for (const [name, text] of Object.entries({ ...texts, 'tsconfig.json': JSON.stringify(config) })) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    const output = await print(folder, ['--pretty', 'false', ...flags])
    return output
      .split(/^(?=\S)/m)
      .filter((part) => !part.startsWith('../'))
      .join('')
  } finally {
    await rm(folder, { recursive: true })
  }
}

const print = (folder: string, flags: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, output: string) => {
      // it exits with an error where it reports one, and prints nothing where it could not start
      if (error && output === '') reject(error)
      else resolve(output)
    }
    const command = join(root, 'node_modules/.bin/tsc')
    execFile(command, ['-p', folder, ...flags], { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, done)
  })
