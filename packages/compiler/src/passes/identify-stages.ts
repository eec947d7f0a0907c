import {
  digestBytes,
  digestJson,
  type EnvValue,
  type Json,
  type Plan,
  type PlanStageSpec,
  tooMuchTogether,
} from '@millrace/ir'
import type { Facts, PassContext } from '../context.ts'
import { kindOf } from '../kinds/kind-of.ts'
import { missingVariable } from '../missing-variable.ts'

/**
 * Gives each stage what all its keys share (contracts: keys): the digest over its code, its schemas and its env.
 * `inherit()` is settled here; secrets count by their names only.
 */
export function identifyStages(plan: Plan, facts: Facts, context: PassContext): Plan {
  const stages: Record<string, PlanStageSpec> = {}
  for (const [key, spec] of Object.entries(plan.stages)) {
    const found = facts.code.get(key)
    const asset = (token: string) => facts.assets.get(token)?.digest
    const code = found?.code ?? facts.read?.get(key)?.digest ?? kindOf(spec, facts.kinds)?.digest?.(spec, asset)
    const { counted, told } = settle(key, spec, facts, context)
    const identity = digestJson({
      // without code two stages must still not pass for one
      code: code ?? { unknown: key },
      input: spec.input as Json,
      output: spec.output as Json,
      env: counted as unknown as Json,
    })
    stages[key] = {
      ...spec,
      ...(spec.env ? { env: told } : {}),
      ...(code === undefined ? {} : { code }),
      ...(found ? { found: { module: found.module, export: found.export } } : {}),
      identity,
    }
  }
  return { ...plan, stages }
}

type Env = Record<string, EnvValue>

/** The variables as keys count them, and as the Plan holds them: what is inherited of this process by digest only. */
function settle(stage: string, spec: PlanStageSpec, facts: Facts, context: PassContext): { counted: Env; told: Env } {
  const counted: Env = {}
  const told: Env = {}
  for (const [name, value] of Object.entries(spec.env ?? {})) {
    if (!('inherit' in value)) {
      counted[name] = value
      told[name] = value
      continue
    }
    const given = Object.hasOwn(facts.variables, name) ? facts.variables[name] : undefined
    const found = given ?? value.default
    if (found === undefined) {
      const at = context.at(stage, `env.${name}`)
      context.diagnostics.push({ ...missingVariable(spec.name, name, facts.target.ownEnv), at })
    } else {
      counted[name] = { value: found }
      const hidden = given !== undefined && !facts.target.ownEnv
      told[name] = hidden ? { inherited: digestBytes(given) } : { value: found }
    }
  }
  const texts = Object.entries(counted).map(([name, value]) => [name, 'value' in value ? value.value : ''] as const)
  const tooMuch = tooMuchTogether(texts)
  if (tooMuch)
    context.diagnostics.push({
      code: 'bad-option',
      severity: 'error',
      message: `stage "${spec.name}": with what it inherits, env ${tooMuch.message}`,
      at: context.at(stage, 'env'),
      fix: tooMuch.fix,
    })
  return { counted, told }
}
