import type { CodeIndex } from '@millrace/compiler'
import { type Code, type Diagnostic, optionsOf, type Plan, type PlanStage } from '@millrace/ir'
import { changedSinceStart, isSinceStart } from './code-file.ts'
import { codeFiles, codePackages } from './code-files.ts'
import type { Planned, Program } from './program.ts'

/** Why nobody knows what code of a stage this process has loaded. */
interface Unknown {
  readonly code: Extract<Code, 'wrong-code' | 'foreign-loader'>
  /** `"x.ts" was changed after the program was loaded` */
  readonly why: string
  readonly fix: string
  /** Whether a process of its own, which loads it as well, would do no better. */
  readonly everywhere: boolean
}

/** The stages whose code nobody knows, by key. */
export type UnknownStages = ReadonlyMap<string, Unknown>

/**
 * The stages of a Plan with a file that was changed after this process loaded it: a digest of the files says nothing
 * of the code that runs. A stage that only runs in processes of its own is left out, as these load it anew.
 */
export function staleStages(code: CodeIndex, plan: Plan): UnknownStages {
  const here = new Set(callsOf(plan).flatMap((node) => (isolated(plan, node) ? [] : [node.stage])))
  const known = new Map<string, boolean>()
  const isChanged = (path: string): boolean => {
    const found = known.get(path) ?? changedSinceStart(path)
    known.set(path, found)
    return found
  }
  const stale = new Map<string, Unknown>()
  for (const [key, stage] of code.stages) {
    if (!here.has(key)) continue
    const changed =
      codeFiles(code, stage).find(({ path }) => isChanged(path))?.source ??
      codePackages(code, stage).find(({ changed }) => isSinceStart(changed))?.id
    if (changed !== undefined)
      stale.set(key, {
        code: 'wrong-code',
        why: `"${changed}" was changed after the program was loaded`,
        fix: 'Start the program again, so that it loads what the files hold now.',
        everywhere: false,
      })
  }
  return stale
}

/** All stages, where something else than Node and tsx may change modules while they are loaded. */
export function foreignStages({ stages }: CodeIndex, loader: string): UnknownStages {
  const why: Unknown = {
    code: 'foreign-loader',
    why: `"${loader}" may change the code that this process loads`,
    fix: 'Start the program with tsx alone to have its results cached.',
    everywhere: true,
  }
  return new Map(Array.from(stages.keys(), (key) => [key, why]))
}

/** The code of the others. */
export const withoutUnknown = <C extends CodeIndex>(code: C, unknown: UnknownStages): C => ({
  ...code,
  stages: new Map([...code.stages].filter(([key]) => !unknown.has(key))),
})

/** The diagnostics of a Plan made without their code, less `stage-not-exported`: they are exported. */
export function tellUnknown(program: Program, { plan, diagnostics }: Planned, unknown: UnknownStages): Diagnostic[] {
  const nodes = callsOf(plan)
  const at = (node: string): Diagnostic['at'] => ({
    pipeline: program.name,
    node,
    ...program.traced.places.get(node)?.(),
  })
  const others = diagnostics.filter(
    (told) =>
      told.code !== 'stage-not-exported' || !nodes.some(({ id, stage }) => id === told.at.node && unknown.has(stage)),
  )
  const apart = nodes.flatMap((node): Diagnostic[] => {
    const found = isolated(plan, node) ? unknown.get(node.stage) : undefined
    if (!found || found.everywhere) return []
    const message = `${found.why}, so "${node.id}" can't run in a process of its own`
    return [{ code: found.code, severity: 'error', message, at: at(node.id), fix: found.fix }]
  })
  const notices = [...Map.groupBy(unknown.values(), ({ why }) => why)].map(([why, [found]]): Diagnostic => {
    const { code, fix } = found as Unknown
    const touched = nodes.filter(({ stage }) => unknown.get(stage)?.why === why)
    const names = [...new Set(touched.map(({ stage }) => `"${plan.stages[stage]?.name}"`))]
    const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
    const which = `stage${names.length > 1 ? 's' : ''} ${names.slice(0, 3).join(', ')}${more}`
    const message = `${why}, so results of ${which} are not cached`
    return { code, severity: 'notice', message, at: at(touched[0]?.id ?? ''), fix }
  })
  return [...others, ...apart, ...notices]
}

const callsOf = (plan: Plan): PlanStage[] => plan.nodes.filter((node) => node.kind === 'stage')

const isolated = (plan: Plan, node: PlanStage): boolean => optionsOf(plan, node).isolate === 'process'
