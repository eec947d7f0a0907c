import { z } from 'zod'

/** What a field gives where it is absent: its default, or nothing. `undefined`: it must be there. */
export function absent(schema: z.core.$ZodType, key = 'field'): { readonly default?: unknown } | undefined {
  if (schema._zod.optin === undefined) return undefined
  const found = z.safeParse(z.object({ [key]: schema }), {})
  if (!found.success) return undefined
  const { [key]: given } = found.data as { readonly [key: string]: unknown }
  return given === undefined ? {} : { default: given }
}
