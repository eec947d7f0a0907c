import { hint } from '@millrace/ir'
import type { Accelerator, Preset } from './accelerator.ts'
import { aksPreset } from './aks.ts'
import { discovered } from './discovered.ts'
import { eksPreset } from './eks.ts'
import { gkePreset } from './gke.ts'

/** The kinds of clusters that there is a function for. */
export type ClusterPreset = 'on-prem' | 'gke' | 'eks' | 'aks' | 'k3s'

export const presets: { readonly [P in ClusterPreset]: Preset } = {
  'on-prem': discovered,
  gke: gkePreset,
  eks: eksPreset,
  aks: aksPreset,
  k3s: discovered,
}

/** The accelerator of a type; what an environment says of it replaces what the preset says, field by field. */
export function acceleratorOf(
  environment: {
    readonly preset: ClusterPreset
    readonly accelerators?: { readonly [type: string]: Partial<Accelerator> }
  },
  type: string,
): Accelerator | undefined {
  const table = presets[environment.preset].accelerators
  const known = Object.hasOwn(table, type) ? table[type] : undefined
  const own = environment.accelerators
  const given = own !== undefined && Object.hasOwn(own, type) ? own[type] : undefined
  const merged = { ...known, ...given }
  return merged.resource === undefined ? undefined : { vendor: 'other', resource: merged.resource, ...merged }
}

/** `h100` is rather meant to be `h100-80gb` than `h200`. */
export function hintType(type: string, known: readonly string[]): string {
  const longer = known.find((name) => name.startsWith(`${type}-`))
  return longer === undefined ? hint(type, known) : ` (did you mean "${longer}"?)`
}

/** Those to name to one who wrote `type`: the parts of a GPU, one name a profile, only where a part was meant. */
export function likely(type: string, known: readonly string[]): readonly string[] {
  const parts = known.filter((name) => name.includes('/'))
  if (!type.includes('/')) return known.filter((name) => !name.includes('/'))
  const same = parts.filter((name) => name.startsWith(`${type.split('/')[0]}/`))
  return same.length > 0 ? same : parts
}

/** Types that an environment can place, of GPUs (and what is asked for like one) or of TPUs. */
export function acceleratorTypes(environment: Parameters<typeof acceleratorOf>[0], of: 'gpu' | 'tpu'): string[] {
  const types = new Set([
    ...Object.keys(presets[environment.preset].accelerators),
    ...Object.keys(environment.accelerators ?? {}),
  ])
  return [...types].filter((type) => {
    const accelerator = acceleratorOf(environment, type)
    return accelerator !== undefined && (accelerator.topologies !== undefined) === (of === 'tpu')
  })
}
