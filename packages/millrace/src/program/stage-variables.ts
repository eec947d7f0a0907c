import { missingVariable } from '@millrace/compiler'
import type { Diagnostic } from '@millrace/ir'
import type { StageDefinition } from '@millrace/sdk'
import { localCapabilities } from './program.ts'

/** The variables of a stage that runs alone, by those of this process; and what of it can't run alone. */
export function stageVariables({ name, code, env, at }: StageDefinition): {
  readonly env: { readonly [variable: string]: string }
  readonly problems: readonly Diagnostic[]
} {
  const found: Record<string, string> = {}
  const problems: Diagnostic[] = []
  const refuse = (what: string, fix: string, path?: string) =>
    problems.push({
      code: 'not-supported',
      severity: 'error',
      message: `"${name}" is ${what}, which runStage can't run yet`,
      at: { ...at(), ...(path === undefined ? {} : { path }) },
      fix,
    })
  if (!localCapabilities.kinds.includes(code.kind)) refuse(`a ${code.kind} stage`, 'Write the stage in TypeScript.')
  for (const [variable, value] of Object.entries(env)) {
    const path = `env.${variable}`
    if ('value' in value) found[variable] = value.value
    else if ('secret' in value) refuse(`a stage with the secret ${variable}`, 'Use inherit() for now.', path)
    else if ('inherit' in value) {
      const text = Object.hasOwn(process.env, variable) ? process.env[variable] : value.default
      if (text === undefined) problems.push({ ...missingVariable(name, variable, false), at: { ...at(), path } })
      else found[variable] = text
    }
  }
  return { env: found, problems }
}
