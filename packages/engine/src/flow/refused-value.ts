import { checkJson, type Diagnostic, type Json, type Plan, type PlanValue } from '@millrace/ir'
/** Why the input of a pipeline inside another can't take a value, in a sentence; `undefined` where it can. */
export function refusedValue(node: PlanValue, value: Json | undefined): string | undefined {
  if (value === undefined && !node.required) return undefined
  const problem = checkJson(node.schema, value)
  return problem === undefined
    ? undefined
    : `"${node.id.replace(/:input\./, '.')}" got a value that its schema refuses: ${problem}`
}

/** The same as an error of the run, at the call of the inner pipeline. */
export function refusedInput({ pipeline }: Plan, value: PlanValue, message: string): Diagnostic {
  return {
    code: 'invalid-input',
    severity: 'error',
    message,
    at: { pipeline, node: value.id.replace(/:input\..*$/, '') },
    fix: 'Correct what is wired into it, or the schema.',
  }
}
