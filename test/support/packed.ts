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
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { alive, root } from './processes.ts'

type Name = 'millrace' | 'create-millrace'

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
  mkdirSync(draft)
  try {
    // as in a script of a package
    const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
    execFileSync('tsx', ['build.ts', '--types'], { cwd: source, stdio: 'pipe', env })
    execFileSync('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', draft], { cwd: source, stdio: 'pipe' })
    const [archive = ''] = readdirSync(draft)
    execFileSync('tar', ['xzf', archive], { cwd: draft })
    renameSync(join(draft, 'package'), folder)
  } finally {
    rmSync(draft, { recursive: true })
  }
}

/** A digest of all that goes into the packages. */
function sources(): string {
  const hash = createHash('sha256')
  const all = readdirSync(join(root, 'packages'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !/\/(?:node_modules|dist|test|\.millrace)\/|\/millrace\/[A-Z]+(?:\.md)?$/.test(file))
  for (const file of [...all.sort(), 'LICENSE', 'README.md', 'pnpm-lock.yaml'])
    hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 12)
}

/** Takes a lock file, also from a process that ended without giving it back. */
function take(lock: string): boolean {
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
