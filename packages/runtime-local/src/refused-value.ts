import { checkJson, type Json, type PlanValue } from '@millrace/ir'

/** Why the input of a pipeline inside another can't take a value, in a sentence; `undefined` where it can. */
export function refusedValue(node: PlanValue, value: Json | undefined): string | undefined {
  if (value === undefined && !node.required) return undefined
  const problem = checkJson(node.schema, value)
  return problem === undefined
    ? undefined
    : `"${node.id.replace(/:input\./, '.')}" got a value that its schema refuses: ${problem}`
}
