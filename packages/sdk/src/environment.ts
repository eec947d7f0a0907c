import {
  type Diagnostic,
  type EnvValue,
  isObject,
  tooMuchTogether,
  type WrongVariable,
  wrongSecret,
  wrongVariableName,
  wrongVariableValue,
} from '@millrace/ir'

declare const env: unique symbol

/** A value of a stage's `env` that is known only where the stage runs. */
export interface EnvReference {
  readonly [env]: true
}

const references = new WeakMap<object, EnvValue>()
const reference = (value: EnvValue): EnvReference => {
  const out = Object.freeze({}) as EnvReference
  references.set(out, value)
  return out
}

/**
 * A variable taken over from outside: locally from the run's variables, elsewhere from the environment's `env` entry of
 * that name. Its value is part of the cache key.
 *
 * @param fallback used where the variable is not set; without one that is a diagnostic
 */
export const inherit = (fallback?: string): EnvReference =>
  reference({ inherit: true, ...(fallback === undefined ? {} : { default: fallback }) })

/**
 * A secret of the cluster. Only its name is part of keys, plans and manifests. A local run refuses the stage
 * (`not-supported`).
 *
 * @param name of the Secret, in the namespace of the environment
 * @param key in the Secret
 */
export const secret = (name: string, key: string): EnvReference => reference({ secret: { name, key } })

const envValue = (value: unknown): EnvValue | undefined =>
  typeof value === 'string' ? { value } : isObject(value) ? references.get(value) : undefined

/** The variables of a stage, and what is wrong with them; `report` makes a diagnostic of it. */
export function readEnv(
  given: unknown,
  report: (message: string, path: string, fix: string) => Diagnostic,
): { readonly env: { readonly [name: string]: EnvValue }; readonly problems: readonly Diagnostic[] } {
  if (given === undefined) return { env: {}, problems: [] }
  if (!isObject(given)) return { env: {}, problems: [report('env is no object', 'env', "Give { MODE: 'fast' }.")] }
  const env: Record<string, EnvValue> = {}
  const problems: Diagnostic[] = []
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const known = envValue(value)
    const wrongName = wrongVariableName(name)
    const wrong = known ? wrongValue(name, known) : notText
    if (wrongName)
      problems.push(report(`env: ${JSON.stringify(name)} ${wrongName.message}`, `env.${name}`, wrongName.fix))
    else if (wrong) problems.push(report(`env.${name} ${wrong.message}`, `env.${name}`, wrong.fix))
    else env[name] = known as EnvValue
  }
  const texts = Object.entries(env).map(([name, value]) => [name, textOf(value) ?? ''] as const)
  const tooMuch = tooMuchTogether(texts)
  if (tooMuch) problems.push(report(`env ${tooMuch.message}`, 'env', tooMuch.fix))
  return { env, problems }
}

const notText: WrongVariable = { message: 'is not a string', fix: 'Give a string, inherit() or secret(name, key).' }

function wrongValue(name: string, value: EnvValue): WrongVariable | undefined {
  if ('secret' in value) return wrongSecret(value.secret.name, value.secret.key)
  const text: unknown = textOf(value)
  if (text === undefined) return undefined
  return typeof text === 'string' ? wrongVariableValue(name, text) : notText
}

/** What is known of a value: a literal, or what is taken where there is no other. */
const textOf = (value: EnvValue): string | undefined =>
  'value' in value ? value.value : 'inherit' in value ? value.default : undefined
