import { eachRead, eachRef, type Json, type JsonObject } from '@millrace/ir'
import type { Frame, Step } from './frame.ts'

/** The step that a ref means where it is read: of the nearest frame that has it. None for inputs, items and indexes. */
export function stepOf(from: Frame, ref: string): Step | undefined {
  if (ref.endsWith(':input') || ref.endsWith(':item') || ref.endsWith(':index')) return undefined
  for (let frame: Frame | undefined = from; frame; frame = frame.parent) {
    const step = frame.steps.get(ref)
    if (step) return step
  }
  return undefined
}

/** The value that a ref means where it is read; undefined where it is absent. */
export function lookUp(from: Frame, ref: string, input: JsonObject): Json | undefined {
  if (ref === ':input') return input
  const item = /^(.*):(item|index)$/.exec(ref)
  if (!item) return stepOf(from, ref)?.value
  let frame: Frame | undefined = from
  while (frame && frame.scope !== item[1]) frame = frame.parent
  return item[2] === 'item' ? frame?.item?.value : frame?.item?.index
}

/** What a step reads before it starts, each ref once. */
export function readsOf({ node }: Step): ReadonlySet<string> {
  const reads = new Set<string>()
  const add = ({ ref }: { readonly ref: string }) => reads.add(ref)
  if (node.kind !== 'collect') eachRead(node, add)
  else if (node.binding) eachRef(node.binding, add)
  return reads
}
