import { digestJson, type EnvValue, type Json, type Plan, type PlanStageSpec } from '@millrace/ir'
import type { Facts, PassContext } from '../context.ts'

/**
 * Gives each stage what all its keys share (contracts: keys): the digest over its code, its schemas and its env.
 * `inherit()` is settled here; secrets count by their names only.
 */
export function identifyStages(plan: Plan, facts: Facts, context: PassContext): Plan {
  const stages: Record<string, PlanStageSpec> = {}
  for (const [key, spec] of Object.entries(plan.stages)) {
    const found = facts.code.get(key)
    const env = settle(key, spec, facts, context)
    const identity = digestJson({
      // without code two stages must still not pass for one
      code: found?.code ?? { unknown: key },
      input: spec.input as Json,
      output: spec.output as Json,
      env: env as unknown as Json,
    })
    stages[key] = {
      ...spec,
      ...(spec.env ? { env } : {}),
      ...(found ? { code: found.code, found: { module: found.module, export: found.export } } : {}),
      identity,
    }
  }
  return { ...plan, stages }
}

function settle(stage: string, spec: PlanStageSpec, facts: Facts, context: PassContext): Record<string, EnvValue> {
  const env: Record<string, EnvValue> = {}
  for (const [name, value] of Object.entries(spec.env ?? {})) {
    if (!('inherit' in value)) {
      env[name] = value
      continue
    }
    const found = facts.variables[name] ?? value.default
    if (found !== undefined) env[name] = { value: found }
    else
      context.diagnostics.push({
        code: 'missing-environment-value',
        severity: 'error',
        message: `stage "${spec.name}" inherits the variable ${name}, which ${facts.target.ownEnv ? 'the environment has no value for' : 'is not set'}`,
        at: context.at(stage, `env.${name}`),
        fix: `${facts.target.ownEnv ? `Give ${name} in the env of the environment` : `Set ${name}`}, or give inherit() a default.`,
      })
  }
  return env
}
