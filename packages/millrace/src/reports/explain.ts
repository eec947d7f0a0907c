import { type DryCall, dryRun } from '@millrace/engine'
import { canonical, type Json, optionsOf, type PlanStage, type PlanStageSpec, showNode } from '@millrace/ir'
import { type Before, History, type Question, runsBack } from './earlier-runs.ts'
import { inputCauses } from './input-causes.ts'

/** What a run would do with one call, and why. */
export interface PlanRow {
  readonly node: string
  /** `waits`: whether it runs is known only when what it reads has run. */
  readonly action: 'run' | 'cached' | 'waits' | 'skipped'
  readonly causes: readonly string[]
}

/**
 * Compares a Plan with the store and with the last runs of the pipeline.
 *
 * @param goesOn the run that the next one goes on with
 */
export async function explain(question: Question, goesOn?: string): Promise<PlanRow[]> {
  const { plan, store, input, assets } = question
  const asset = (token: string) => assets.get(token) as unknown as Json
  const calls = await dryRun({ plan, input, store, asset, run: goesOn })
  const history = new History(question, calls)
  return plan.nodes.flatMap((node): PlanRow[] => {
    if (node.kind !== 'stage') return []
    const found = calls.get(node.id) ?? []
    const row = rowOf(node, found, question, history)
    return [row, ...(node.merged ?? []).map((id) => ({ ...row, node: id, causes: [`equal to ${node.id}`] }))]
  })
}

function rowOf(node: PlanStage, calls: readonly DryCall[], question: Question, history: History): PlanRow {
  const { plan } = question
  const spec = plan.stages[node.stage] as PlanStageSpec
  const missed = calls.filter((call) => call.state === 'miss')
  const of = calls.length > 1 ? `${missed.length} of ${calls.length}: ` : ''
  if (missed.length > 0) {
    if (!optionsOf(plan, node).cache)
      return { node: node.id, action: 'run', causes: ['cache: false, so it runs in every run'] }
    if (!spec.code) {
      const why = question.unknown.get(node.stage)?.why ?? 'no module exports its stage'
      return { node: node.id, action: 'run', causes: [`${why}, so nothing of it is cached`] }
    }
    const causes = causesOf(node, missed[0] as DryCall, question, history)
    return { node: node.id, action: 'run', causes: causes.map((cause, i) => (i === 0 ? of + cause : cause)) }
  }
  const unknown = calls.filter((call) => call.state === 'unknown')
  if (unknown.length > 0)
    return {
      node: node.id,
      action: 'waits',
      causes: [`for ${[...new Set(unknown.map((call) => call.because))].join(', ')}`],
    }
  const hits = calls.filter((call) => call.state === 'hit')
  if (hits.length > 0) {
    const runs = [...new Set(hits.map((call) => call.because))]
    return {
      node: node.id,
      action: 'cached',
      causes: [`from ${runs.slice(0, 3).join(', ')}${runs.length > 3 ? ', …' : ''}`],
    }
  }
  return {
    node: node.id,
    action: 'skipped',
    causes: calls.length > 0 ? [`${calls[0]?.because}`] : ['its map has no items'],
  }
}

/** What changed since the last run that got as far as the stage: what it was given in others nobody knows. */
function causesOf(node: PlanStage, missed: DryCall, question: Question, history: History): string[] {
  const name = showNode(node.id, missed.index)
  let unreached: string[] | undefined
  for (let back = 0; back < runsBack; back++) {
    const before = history.at(back)
    if (!before) break
    const causes = changesOf(node, question, before)
    if (causes && causes.length > 0) {
      if (before.reached.has(node.id)) return causes
      unreached ??= causes
      continue
    }
    const end = before.ends.get(name)
    if (end && 'failed' in end) return ['it failed in the last run']
    if (end && 'skipped' in end) return [`it was skipped: ${end.skipped}`]
    if (end) return ['its result is not in the store']
    if (back === 0 && !causes) return ['it is new']
  }
  return unreached ?? ['it never ran']
}

/** Undefined for a call that the earlier run didn't have. */
function changesOf(node: PlanStage, question: Question, before: Before): string[] | undefined {
  const { plan } = question
  const stage = plan.stages[node.stage] as PlanStageSpec
  const old = before.stages.get(node.id)
  const oldStage = old && before.plan.stages[old.stage]
  if (!old || !oldStage) return undefined
  const causes: string[] = []
  if (stage.code !== oldStage.code) causes.push(codeCause(node, old, question, before))
  for (const name of new Set([...Object.keys(stage.env ?? {}), ...Object.keys(oldStage.env ?? {})].sort()))
    if (envText(stage, name) !== envText(oldStage, name)) causes.push(`env ${name} changed`)
  return [...causes, ...inputCauses(node.args, old.args, question, before)]
}

const envText = ({ env }: PlanStageSpec, name: string): string => canonical((env?.[name] ?? null) as unknown as Json)

function codeCause(node: PlanStage, old: PlanStage, { code }: Question, before: Before): string {
  const now = code.stages.get(node.stage)?.sources ?? {}
  const then = before.sources[old.stage] ?? {}
  const changed = [...new Set([...Object.keys(now), ...Object.keys(then)])]
    .filter((source) => now[source] !== then[source])
    .sort()
  return changed.length > 0
    ? `code changed: ${changed.slice(0, 4).join(', ')}${changed.length > 4 ? ', …' : ''}`
    : 'code changed'
}
