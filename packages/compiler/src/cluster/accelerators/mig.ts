import type { Accelerator, Accelerators } from './accelerator.ts'

/** MIG profiles by GPU: compute slices and memory of one part (NVIDIA k8s-device-plugin). */
const profiles: { readonly [type: string]: readonly string[] } = {
  'a100-40gb': ['1g.5gb', '2g.10gb', '3g.20gb', '7g.40gb'],
  'a100-80gb': ['1g.10gb', '2g.20gb', '3g.40gb', '7g.80gb'],
  'h100-80gb': ['1g.10gb', '2g.20gb', '3g.40gb', '7g.80gb'],
}

/** The table and, for each GPU of it that can be cut, its parts: `a100-80gb/1g.10gb`. */
export const withParts = (
  table: Accelerators,
  part: (gpu: Accelerator, profile: string) => Accelerator,
): Accelerators => ({
  ...table,
  ...Object.fromEntries(
    Object.entries(table).flatMap(([type, gpu]) =>
      (profiles[type] ?? []).map((profile) => [`${type}/${profile}`, part(gpu, profile)]),
    ),
  ),
})

/** The strategy `mixed` of NVIDIA's device plugin: each profile is a resource of its own. */
export const mixedPart = (gpu: Accelerator, profile: string): Accelerator => ({
  ...gpu,
  resource: `nvidia.com/mig-${profile}`,
  taint: gpu.resource,
})
