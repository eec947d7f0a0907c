import type { CodeIndex } from '@millrace/compiler'
import { type Diagnostic, optionsOf, type Plan, type PlanStage } from '@millrace/ir'
import { changedSinceStart, isSinceStart } from './code-file.ts'
import { codeFiles, codePackages } from './code-files.ts'
import type { Planned, Program } from './program.ts'

/** The stages whose code nobody knows, by key, each with the file that is the cause. */
export type StaleStages = ReadonlyMap<string, string>

const fix = 'Start the program again, so that it loads what the files hold now.'

/**
 * The stages of a Plan that this process loaded before one of their files was changed: a digest of the files says
 * nothing of what runs. One that only runs in processes of its own is loaded by them.
 */
export function staleStages(code: CodeIndex, plan: Plan): StaleStages {
  const here = new Set(callsOf(plan).flatMap((node) => (isolated(plan, node) ? [] : [node.stage])))
  const known = new Map<string, boolean>()
  const isChanged = (path: string): boolean => {
    const found = known.get(path) ?? changedSinceStart(path)
    known.set(path, found)
    return found
  }
  const stale = new Map<string, string>()
  for (const [key, stage] of code.stages) {
    if (!here.has(key)) continue
    const changed =
      codeFiles(code, stage).find(({ path }) => isChanged(path))?.source ??
      codePackages(code, stage).find(({ changed }) => isSinceStart(changed))?.id
    if (changed !== undefined) stale.set(key, changed)
  }
  return stale
}

/** The code of the others. */
export const withoutStale = (code: CodeIndex, stale: StaleStages): CodeIndex => ({
  ...code,
  stages: new Map([...code.stages].filter(([key]) => !stale.has(key))),
})

/** What is told of a Plan made without the code of stale stages: they are exported, only not as they run here. */
export function tellStale(program: Program, { plan, diagnostics }: Planned, stale: StaleStages): Diagnostic[] {
  const nodes = callsOf(plan)
  const at = (node: string): Diagnostic['at'] => ({
    pipeline: program.name,
    node,
    ...program.traced.places.get(node)?.(),
  })
  const others = diagnostics.filter(
    (told) =>
      told.code !== 'stage-not-exported' || !nodes.some(({ id, stage }) => id === told.at.node && stale.has(stage)),
  )
  const apart = nodes.flatMap((node): Diagnostic[] => {
    const source = isolated(plan, node) ? stale.get(node.stage) : undefined
    if (source === undefined) return []
    const message = `"${source}" was changed after the program was loaded, so "${node.id}" can't run in a process of its own`
    return [{ code: 'wrong-code', severity: 'error', message, at: at(node.id), fix }]
  })
  const notices = [...new Set(stale.values())].map((source): Diagnostic => {
    const touched = nodes.filter(({ stage }) => stale.get(stage) === source)
    const names = [...new Set(touched.map(({ stage }) => `"${plan.stages[stage]?.name}"`))]
    const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
    const which = `stage${names.length > 1 ? 's' : ''} ${names.slice(0, 3).join(', ')}${more}`
    return {
      code: 'wrong-code',
      severity: 'notice',
      message: `"${source}" was changed after the program was loaded, so results of ${which} are not cached`,
      at: at(touched[0]?.id ?? ''),
      fix,
    }
  })
  return [...others, ...apart, ...notices]
}

const callsOf = (plan: Plan): PlanStage[] => plan.nodes.filter((node) => node.kind === 'stage')

const isolated = (plan: Plan, node: PlanStage): boolean => optionsOf(plan, node).isolate === 'process'
