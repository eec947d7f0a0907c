import type { EnvValue } from '@millrace/ir'

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

/** A secret by name and key. Only its name is part of keys, plans and manifests. */
export const secret = (name: string, key: string): EnvReference => reference({ secret: { name, key } })

export const envValue = (value: string | EnvReference): EnvValue | undefined =>
  typeof value === 'string' ? { value } : references.get(value)
