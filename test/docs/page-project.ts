import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packedProject } from '../support/packed.ts'
import { node, root } from '../support/processes.ts'
import { installInto } from './install-into.ts'
import { projects } from './shown.ts'

const commands = { tsx: 'dist/cli.mjs', typescript: 'bin/tsc', millrace: 'bin/millrace.js', vitest: 'vitest.mjs' }

/** A folder with the packages that pages install from. */
export async function packedPackages(): Promise<string> {
  const folder = await packedProject(mkdtempSync(join(tmpdir(), 'millrace-pages-')))
  // what a reader has only after installing it
  const apart = join(folder, 'apart')
  mkdirSync(apart)
  symlinkSync(join(root, 'node_modules/vitest'), join(apart, 'vitest'))
  symlinkSync(join(root, 'packages/millrace/node_modules/@kubernetes'), join(apart, '@kubernetes'))
  return folder
}

export interface Ran {
  readonly code: number | null
  /** stdout and stderr, as they came. */
  readonly text: string
}

/** A project that a page is followed in. */
export interface Project {
  readonly folder: string
  /** Runs a script of bash there. */
  bash(script: string): Promise<Ran>
  remove(): void
}

/** A project with these packages installed, or a copy of an example. */
export function project(packages: string, installed: readonly string[], example?: string): Project {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-page-')))
  const folder = join(base, 'flowers')
  if (example === undefined) {
    mkdirSync(folder)
    for (const name of installed) installInto(folder, packages, name)
  } else {
    const path = join(root, example)
    const left = /(?:^|\/)(?:node_modules|\.millrace|golden|deploy|README\.md)$/
    cpSync(path, folder, { recursive: true, filter: (from) => !left.test(from) })
    symlinkSync(join(path, 'node_modules'), join(folder, 'node_modules'))
  }
  const env = { ...standIns(base, packages), HOME: join(base, 'home') }
  mkdirSync(env.HOME)
  return {
    folder,
    bash: (script) => bash(script, folder, env),
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** The PATH of a page: package managers that fetch nothing, a pytest, and `npx`, which finds what is installed. */
function standIns(base: string, packages: string): { readonly PATH: string } {
  const bin = join(base, 'bin')
  mkdirSync(bin)
  const script = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  for (const manager of ['npm', 'pnpm', 'yarn', 'bun'])
    script(manager, `exec '${node}' '${join(import.meta.dirname, 'stand-in.ts')}' '${packages}' ${manager} "$@"`)
  const found = Object.entries(commands).map(([name, file]) => {
    const command = name === 'typescript' ? 'tsc' : name
    return `  [ "$1" = ${command} ] && [ -e "$up/node_modules/${name}/${file}" ] && shift && exec '${node}' "$up/node_modules/${name}/${file}" "$@"`
  })
  const search = ['up=$PWD', 'while :; do', ...found, '  [ "$up" = / ] && break', '  up=$(dirname "$up")', 'done']
  script('npx', [...search, 'echo "npx: no test installs $1" >&2', 'exit 1'].join('\n'))
  script('pytest', `exec python3 '${join(import.meta.dirname, 'stand-in-pytest.py')}' "$@"`)
  symlinkSync(node, join(bin, 'node'))
  return { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` }
}

function bash(script: string, folder: string, more: Readonly<Record<string, string>>): Promise<Ran> {
  const kept = { NODE_COMPILE_CACHE: join(root, 'test/.tmp/.compiled'), XDG_CACHE_HOME: join(root, 'test/.tmp/.cache') }
  const env = { LANG: 'C.UTF-8', KUBECONFIG: '/nowhere', ...kept, ...more }
  // one pipe for both streams, as a reader sees them
  const child = spawn('timeout', ['--kill-after=5', '240', 'bash', '-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, text: text.replaceAll(folder, projects) }))
  })
}

/** What bash says of a script without running it. */
export const syntaxOf = (script: string): string => spawnSync('bash', ['-n', '-c', script], { encoding: 'utf8' }).stderr
