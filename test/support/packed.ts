import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { alive, root } from './processes.ts'

export type Name = 'millrace' | 'create-millrace'

/** Where the same by `npm pack` lies. */
const byNpm = (folder: string): string => `${folder}-by-npm`

/** The files of a package by their paths, by each program that packs. */
export async function packedFiles(name: Name): Promise<Record<'npm' | 'pnpm', Record<string, string>>> {
  const folder = await packed(name)
  const read = (from: string) =>
    Object.fromEntries(
      readdirSync(from, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        // pnpm leaves out the last end of line of package.json
        .map((path) => [relative(from, path), readFileSync(path, 'latin1').trimEnd()]),
    )
  return { npm: read(byNpm(folder)), pnpm: read(folder) }
}

/** What `pnpm pack` makes of a package, unpacked. It is made once of the sources as they are, whoever asks first. */
export async function packed(name: Name): Promise<string> {
  const folder = join(root, 'test/.tmp', `packed-${name}-${sources()}`)
  const lock = `${folder}.lock`
  while (!existsSync(folder)) {
    if (!take(lock)) {
      await sleep(100)
      continue
    }
    try {
      if (!existsSync(folder)) pack(name, folder)
    } finally {
      rmSync(lock)
    }
  }
  return folder
}

function pack(name: Name, folder: string): void {
  const source = join(root, 'packages', name)
  const draft = `${folder}.${randomBytes(4).toString('hex')}`
  // built beside the source: what others run from there stays as it is
  const made = join(draft, 'made')
  mkdirSync(byNpm(draft), { recursive: true })
  const notPacked = new Set(['dist', 'node_modules', 'src', 'test'].map((entry) => join(source, entry)))
  cpSync(source, made, { recursive: true, filter: (path) => !notPacked.has(path) })
  try {
    const build = ['build.ts', '--out', made, ...(name === 'millrace' ? ['--types'] : [])]
    execFileSync(join(root, 'node_modules/.bin/tsx'), build, { cwd: source, stdio: 'pipe' })
    execFileSync('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', draft], { cwd: made, stdio: 'pipe' })
    execFileSync('npm', ['pack', '--pack-destination', byNpm(draft)], { cwd: made, stdio: 'pipe' })
    for (const packs of [draft, byNpm(draft)]) {
      const archive = readdirSync(packs).find((entry) => entry.endsWith('.tgz')) as string
      execFileSync('tar', ['xzf', archive], { cwd: packs })
    }
    rmSync(byNpm(folder), { recursive: true, force: true })
    renameSync(join(byNpm(draft), 'package'), byNpm(folder))
    renameSync(join(draft, 'package'), folder)
  } finally {
    for (const each of [draft, byNpm(draft)]) rmSync(each, { recursive: true, force: true })
  }
}

/** A digest of all that goes into the packages. */
function sources(): string {
  const hash = createHash('sha256')
  const all = readdirSync(join(root, 'packages'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter(
      (file) =>
        !/\/(?:node_modules|dist|tests?|\.millrace|__pycache__|\.venv|\.\w+_cache)\/|\/millrace\/[A-Z]+(?:\.md)?$/.test(
          file,
        ),
    )
  for (const file of [...all.sort(), 'LICENSE', 'README.md', 'pnpm-lock.yaml'])
    hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 12)
}

/** Takes a lock file, also from a process that ended without giving it back. */
function take(lock: string): boolean {
  mkdirSync(dirname(lock), { recursive: true })
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const holder = Number(existsSync(lock) && readFileSync(lock, 'utf8'))
    if (holder > 0 && !alive(holder)) rmSync(lock, { force: true })
    return false
  }
}

/**
 * A folder like that of a user who installed the package from a registry: `node_modules/millrace` is what `pnpm pack`
 * makes, and what it depends on lies beside it.
 */
export async function packedProject(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  await installPacked(folder)
  return folder
}

/** The `node_modules` of such a folder. */
export async function installPacked(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  cpSync(await packed('millrace'), join(modules, 'millrace'), { recursive: true })
  const source = join(root, 'packages/millrace/node_modules')
  for (const name of ['commander', 'rolldown', 'tsx', 'yaml', 'zod'])
    symlinkSync(join(source, name), join(modules, name))
  for (const name of ['typescript', '@types']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  symlinkSync('../tsx/dist/cli.mjs', join(modules, '.bin/tsx'))
  symlinkSync('../typescript/bin/tsc', join(modules, '.bin/tsc'))
}
