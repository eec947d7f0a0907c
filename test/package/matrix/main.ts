import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Name, packed } from '../../support/packed.ts'
import { type PackedPackage, startRegistry } from '../../support/registry.ts'
import { environmentOf, managers } from './managers.ts'
import { Steps } from './steps.ts'
import { readyTools } from './tools.ts'
import { addTrials, projectTrials, strangerTrials } from './trials.ts'

/**
 * Installs the packed packages as a stranger would, and runs a program in every way: each package manager, kind of
 * project, TypeScript and Node. A warning of an installation counts as a fault.
 *
 *     pnpm matrix                     # all of it: an hour
 *     pnpm matrix --only 'yarn PnP'   # the trials whose name holds this; --keep leaves their folders
 */
const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, keep: { type: 'boolean' } } })
const tools = readyTools()
const scratch = mkdtempSync(join(tmpdir(), 'millrace-matrix-'))
const caches = join(scratch, 'caches')
const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
const registry = await startRegistry(await Promise.all([pack('millrace'), pack('create-millrace')]), upstream)
const trials = managers
  .flatMap((manager) => [
    ...addTrials(manager),
    ...(manager.pnp ? [] : strangerTrials(manager)),
    ...projectTrials(manager),
  ])
  .filter(({ name }) => name.includes(values.only))
let wrong = 0
for (const [index, { name, node, go }] of trials.entries()) {
  const folder = join(scratch, `trial-${index}`)
  mkdirSync(folder)
  const began = performance.now()
  const steps = new Steps(environmentOf([tools.node(node), tools.managers], registry.url, caches))
  await go(folder, steps)
  const right = steps.faults.length === 0
  if (!right) wrong++
  console.log(`${right ? 'right' : 'WRONG'}  ${name}  ${Math.round((performance.now() - began) / 1000)} s`)
  for (const fault of steps.faults) console.log(fault.replaceAll(/^/gm, '       '))
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
}
console.log(`${trials.length - wrong} right, ${wrong} wrong`)
registry.stop()
if (!values.keep) rmSync(scratch, { recursive: true, force: true })
process.exitCode = wrong === 0 ? 0 : 1

async function pack(name: Name): Promise<PackedPackage> {
  const folder = await packed(name)
  const to = mkdtempSync(join(scratch, 'pack-'))
  execFileSync('npm', ['pack', folder, '--pack-destination', to], { stdio: 'ignore' })
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackedPackage['manifest']
  return { manifest, tarball: readFileSync(join(to, `${name}-${manifest.version}.tgz`)) }
}
