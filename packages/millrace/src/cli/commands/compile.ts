import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { policyFile, printFiles, type Target, targets } from '@millrace/compiler'
import { compareManifests, type Difference, writeManifests } from '../../program/manifest-folder.ts'
import { exitCodes } from '../support/exit.ts'
import { type Invocation, pickPipeline, unknownTarget, usage } from '../support/invocation.ts'
import type { CompileOptions } from '../support/options.ts'
import { chosenEnvironment, compileFor } from '../support/prepared.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'

/** `compile`: writes what a target makes of the program; with --check only says how that differs from what is there. */
export async function compileCommand(invocation: Invocation, options: CompileOptions, report: Report): Promise<number> {
  const target = targetNamed(options.target)
  const { name } = pickPipeline(invocation, options.pipeline)
  const folders = join(options.out, name)
  const names = options.check && options.environment === undefined ? committed(folders) : [options.environment]
  let differs = false
  for (const environment of names) {
    const chosen = target.needsCluster ? await chosenEnvironment(invocation, environment) : undefined
    const folder = join(folders, chosen?.name ?? options.target)
    // a policy that was asked for once is kept up to date
    const policy = options.policy || existsSync(join(folder, policyFile))
    const { files, diagnostics } = await compileFor(invocation, options, { target, chosen, policy })
    report.errors(diagnostics)
    const texts = await printFiles(files)
    const differences = options.check ? compareManifests(folder, texts) : writeManifests(folder, texts)
    differs ||= differences.length > 0
    tell(folder, files.length, differences, options, report)
  }
  return options.check && differs ? exitCodes.usage : exitCodes.ok
}

function targetNamed(name: string): Target {
  if (name === 'local')
    throw usage('compile writes manifests for Kubernetes, and the target is "local"', 'Use --target kubernetes.')
  const found = (targets as Readonly<Record<string, Target>>)[name]
  if (!found || !Object.hasOwn(targets, name)) throw unknownTarget(name, 'kubernetes')
  return found
}

function tell(
  folder: string,
  files: number,
  differences: readonly Difference[],
  options: CompileOptions,
  report: Report,
): void {
  if (report.json) return report.value({ folder, files, differences })
  if (options.check) {
    for (const { path, how } of differences) report.out(`${told[how]} ${join(folder, path)}`)
    const fix = 'compile again and commit the result'
    say(differences.length === 0 ? `${folder} is up to date` : `${folder} differs from the program: ${fix}`)
    return
  }
  report.out(folder)
  const count = (how: Difference['how']) => differences.filter((difference) => difference.how === how).length
  say(
    `${files} files: ${count('missing')} new, ${count('changed')} changed, ${count('gone')} removed; ` +
      `apply them with kubectl apply --server-side -k ${inShell(folder)}`,
  )
  if (options.policy)
    say(
      `the policy is for an administrator of the cluster: kubectl apply --server-side -k ${inShell(join(folder, 'policy'))}`,
    )
}

/** A path as a shell takes it. */
const inShell = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

const told: { readonly [how in Difference['how']]: string } = {
  missing: 'missing',
  changed: 'differs',
  gone: 'stale  ',
}

/** The environments that manifests are committed for. */
function committed(folder: string): readonly string[] {
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  if (names.length === 0) throw usage(`there are no manifests in "${folder}"`, 'Compile first, or give --out.')
  return names
}
