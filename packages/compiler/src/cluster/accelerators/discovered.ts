import type { Preset } from './accelerator.ts'
import { mixedPart, withParts } from './mig.ts'

const nvidia = (...products: string[]) => ({
  vendor: 'nvidia',
  resource: 'nvidia.com/gpu',
  labels: { 'nvidia.com/gpu.product': products },
})

const intel = (driver: string) => ({
  vendor: 'intel',
  resource: `gpu.intel.com/${driver}`,
  labels: { 'intel.feature.node.kubernetes.io/gpu': 'true' },
})

/**
 * Clusters whose nodes are labelled by the vendors' own discovery: NVIDIA GPU feature discovery, the AMD node labeller,
 * Intel's device plugin. A GPU has several product names, so another one may be missing here: override `labels` then. A
 * product of a shared or cut GPU ends in `-SHARED` or `-MIG-…`, and does not match.
 */
export const discovered: Preset = {
  gpuVendor: 'nvidia',
  accelerators: {
    ...withParts(
      {
        t4: nvidia('Tesla-T4'),
        l4: nvidia('NVIDIA-L4'),
        a10g: nvidia('NVIDIA-A10G'),
        l40s: nvidia('NVIDIA-L40S'),
        'a100-40gb': nvidia('NVIDIA-A100-PCIE-40GB', 'NVIDIA-A100-SXM4-40GB'),
        'a100-80gb': nvidia('NVIDIA-A100-80GB-PCIe', 'NVIDIA-A100-SXM4-80GB'),
        'h100-80gb': nvidia('NVIDIA-H100-80GB-HBM3', 'NVIDIA-H100-PCIe'),
        h200: nvidia('NVIDIA-H200'),
        b200: nvidia('NVIDIA-B200'),
        gb200: { ...nvidia('NVIDIA-GB200'), arch: 'arm64' },
      },
      mixedPart,
    ),
    mi300x: {
      vendor: 'amd',
      resource: 'amd.com/gpu',
      labels: { 'amd.com/gpu.product-name': 'AMD_Instinct_MI300X_OAM' },
    },
    'intel-xe': intel('xe'),
    'intel-i915': intel('i915'),
    gaudi: { vendor: 'habana', resource: 'habana.ai/gaudi' },
  },
  machines: {},
  taints: [],
  armTaints: [],
  stay: {},
  storageClasses: {},
}
