import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../support/processes.ts'
import { type Campaign, holds, same, type Trial } from './campaign.ts'
import { runInPod } from './packages/pod.ts'
import { before, inSuite, type Use, uses } from './packages/uses.ts'

/** A package of 60 MB is read whole before it is told to be too large. */
const timeout = 300_000

/** Real packages: what a stage gives here and in a pod, where nothing is installed. */
export const packages: Campaign = {
  name: 'packages',
  what: 'a stage that uses a package of the registry gives in a pod what it gives here, or `check` and `compile` refuse it',
  sample: inSuite.length,
  full: Object.keys(uses).length,
  async perform(trial) {
    const names = trial.full ? Object.keys(uses) : inSuite
    const use = uses[names[trial.index % names.length] as string] as Use
    const from = trial.full ? install() : join(root, 'test/node_modules')
    link(use, from, join(trial.folder, 'node_modules'))
    trial.write({
      'program.ts': programOf(use),
      'millrace.config.ts': readFileSync(join(root, 'examples/01-hello/millrace.config.ts'), 'utf8'),
    })
    return use.refused === undefined ? runs(trial) : isRefused(trial, use.refused)
  },
}

const programOf = ({ imports, run }: Use): string => `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
${imports}
async function work(): Promise<unknown> {
  ${run}
}
export const use = stage('use', {
  input: z.object({}),
  output: z.object({ it: z.json() }),
  run: async () => ({ it: JSON.parse(JSON.stringify(await work())) }),
})
export const demo = pipeline('demo', { input: z.object({}), build: () => use({}) })
main(import.meta, demo)
`

async function runs(trial: Trial): Promise<undefined> {
  const here = await trial.run(['--progress', 'quiet'], { timeout })
  holds(`here it ends with ${here.code}: ${here.stderr}`, here.code === 0)
  const check = await trial.run(['check'], { timeout })
  same('check', check.code, 0)
  const compiled = await trial.run(['compile'], { timeout })
  same('compile', compiled.code, 0)
  const jobs = join(trial.folder, 'deploy/demo/onprem/jobs')
  const code = readdirSync(jobs).find((name) => /^demo-use-code-.*\.configmap\.yaml$/.test(name)) as string
  const base64 = /"?code\.gz"?: "?([A-Za-z0-9+/=]+)/.exec(readFileSync(join(jobs, code), 'utf8'))?.[1] as string
  const there = await runInPod(Buffer.from(base64, 'base64'))
  holds(`in a pod it ends with ${there.code}: ${there.said}`, there.code === 0)
  // what a package prints comes before it
  same('the output', there.output, JSON.parse(here.stdout.trimEnd().split('\n').at(-1) as string))
}

async function isRefused(trial: Trial, code: string): Promise<undefined> {
  for (const command of ['check', 'compile']) {
    const ran = await trial.run([command], { timeout })
    same(command, ran.code, 2)
    const told = `error[${code}]: `
    holds(`${command} tells ${told}: ${ran.stderr}`, ran.stderr.includes(told))
    holds(
      `${command} tells a place and a way out: ${ran.stderr}`,
      /\n {2}at \S+:\d+:\d+\n {2}fix: .*container/.test(ran.stderr),
    )
  }
}

function link(use: Use, from: string, to: string): void {
  for (const spec of use.packages) {
    const name = spec.replace(/(?<=.)@.*$/, '')
    mkdirSync(dirname(join(to, name)), { recursive: true })
    symlinkSync(join(from, name), join(to, name))
  }
}

/** Installs all packages once for each list of them. Gives the `node_modules`. */
function install(): string {
  const all = [...new Set(Object.values(uses).flatMap((use) => use.packages))].sort()
  const hash = createHash('sha256')
    .update(JSON.stringify([all, before]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(root, 'test/.tmp', `packages-${hash}`)
  const modules = join(folder, 'node_modules')
  if (existsSync(modules)) return modules
  const made = `${folder}.new`
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made, { recursive: true })
  writeFileSync(join(made, 'package.json'), '{ "private": true }')
  const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', `--before=${before}`]
  execFileSync('npm', [...words, ...all], { cwd: made, stdio: 'pipe' })
  renameSync(made, folder)
  return modules
}
