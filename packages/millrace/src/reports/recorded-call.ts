import { type CallAddress, type FoundCall, findCall } from '@millrace/engine'
import { DiagnosticError, hint, type Json, type JsonObject, ownerOf, type Plan, showNode } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { readRecord } from '../program/record.ts'

/** A call as it stands in a run's Plan, with what it was given where that is still known. */
export interface RecordedCall {
  readonly plan: Plan
  readonly address: CallAddress
  readonly found: FoundCall | undefined
}

interface Question {
  readonly store: Store
  readonly run: RunSummary
  readonly asset: (token: string) => Json | undefined
  /** The run's parameters with the paths of their files. Default: as the run kept them, without paths. */
  readonly input?: JsonObject
}

/** `fold[3][0]` of a command's word. */
function callAddress(word: string): CallAddress {
  const [, node = word, indexes = ''] = /^(.*?)((?:\[\d+\])*)$/s.exec(word) ?? []
  return { node, index: Array.from(indexes.matchAll(/\d+/g), ([digits]) => Number(digits)) }
}

/**
 * A call of a run that has been.
 *
 * @throws DiagnosticError `unknown-run` where the run kept no Plan, `unknown-stage` where its Plan has no such call
 */
export async function recordedCall({ store, run, asset, input }: Question, word: string): Promise<RecordedCall> {
  const plan = readRecord(store.runs.path(run.id))?.plan
  if (!plan) throw noPlan(run)
  const address = callAddress(word)
  checkNode(plan, run, address, word)
  const found = await findCall(
    { plan, input: input ?? run.parameters, store, asset: (token) => asset(token) ?? null, run: run.id },
    address,
  )
  if (!found) checkIndex(store, run, address, word)
  return { plan, address, found }
}

/** A call of a map that the run has got as far as. */
function checkIndex(store: Store, run: RunSummary, { node, index }: CallAddress, word: string): void {
  const calls = new Set<string>()
  for (const event of store.runs.events(run.id))
    if ('node' in event && event.node === node) calls.add(showNode(node, event.index))
  if (calls.size === 0 || index.length === 0 || calls.has(showNode(node, index))) return
  const some = `${[...calls].slice(0, 3).join(', ')}${calls.size > 3 ? ', …' : ''}`
  throw unknownCall(
    run,
    `"${node}" has ${calls.size} call${calls.size === 1 ? '' : 's'} in run ${run.id}, and "${word}" is none of them`,
    `Use one of: ${some}.`,
  )
}

function checkNode(plan: Plan, run: RunSummary, { node, index }: CallAddress, word: string): void {
  const stages = plan.nodes.flatMap((at) => (at.kind === 'stage' ? [at] : []))
  const found = stages.find(({ id, merged }) => id === node || merged?.includes(node))
  const ids = stages.flatMap(({ id, merged = [] }) => [id, ...merged])
  if (!found) throw unknownCall(run, `run ${run.id} has no stage "${node}"${hint(node, ids)}`, useOneOf(ids))
  const maps = mapsAround(plan, found.scope)
  if (maps === index.length) return
  const example = showNode(node, Array(maps).fill(0))
  const is = maps === 0 ? 'stands in no map' : maps === 1 ? 'stands in a map' : `stands in ${maps} maps`
  throw unknownCall(run, `"${node}" ${is}, so "${word}" is none of its calls`, `Write ${example}.`)
}

const useOneOf = (ids: readonly string[]): string =>
  `Use one of: ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ', …' : ''}.`

/** How many maps a body stands in. */
function mapsAround(plan: Plan, scope: string): number {
  const byId = new Map(plan.nodes.map((node) => [node.id, node]))
  let count = 0
  for (let at = byId.get(ownerOf(scope)); at; at = byId.get(ownerOf(at.scope))) if (at.kind === 'map') count++
  return count
}

const unknownCall = ({ pipeline }: RunSummary, message: string, fix: string): DiagnosticError =>
  new DiagnosticError([{ code: 'unknown-stage', severity: 'error', message, at: { pipeline, node: null }, fix }])

const noPlan = ({ id, pipeline }: RunSummary): DiagnosticError =>
  new DiagnosticError([
    {
      code: 'unknown-run',
      severity: 'error',
      message: `run ${id} has kept no plan, so its calls are not known`,
      at: { pipeline, node: null },
      fix: 'Choose a run of this machine; runs of a cluster tell by their events only.',
    },
  ])
