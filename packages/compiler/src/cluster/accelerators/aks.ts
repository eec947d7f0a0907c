import type { Accelerator, Machines, Preset } from './accelerator.ts'
import { mixedPart, withParts } from './mig.ts'

/** Accelerator machines of Azure (learn.microsoft.com/azure/virtual-machines/sizes). */
const machines: Machines = {
  Standard_NC4as_T4_v3: [4, 28, 't4', 1],
  Standard_NC8as_T4_v3: [8, 56, 't4', 1],
  Standard_NC16as_T4_v3: [16, 110, 't4', 1],
  Standard_NC64as_T4_v3: [64, 440, 't4', 4],
  Standard_NV36ads_A10_v5: [36, 440, 'a10', 1],
  Standard_NV72ads_A10_v5: [72, 880, 'a10', 2],
  Standard_ND96asr_v4: [96, 900, 'a100-40gb', 8],
  Standard_NC24ads_A100_v4: [24, 220, 'a100-80gb', 1],
  Standard_NC48ads_A100_v4: [48, 440, 'a100-80gb', 2],
  Standard_NC96ads_A100_v4: [96, 880, 'a100-80gb', 4],
  Standard_ND96amsr_A100_v4: [96, 1900, 'a100-80gb', 8],
  Standard_ND96isr_H100_v5: [96, 1900, 'h100-80gb', 8],
  Standard_NC40ads_H100_v5: [40, 320, 'h100-94gb', 1],
  Standard_NC80adis_H100_v5: [80, 640, 'h100-94gb', 2],
  Standard_ND96isr_H200_v5: [96, 1850, 'h200', 8],
  Standard_ND128isr_NDR_GB200_v6: [128, 900, 'gb200', 4],
  Standard_ND96isr_MI300X_v5: [96, 1850, 'mi300x', 8],
}

/** No label of a node says its GPU; the machine type does. */
const on = (type: string, vendor = 'nvidia', arch: Accelerator['arch'] = 'amd64'): Accelerator => ({
  vendor,
  resource: `${vendor}.com/gpu`,
  labels: {
    'node.kubernetes.io/instance-type': Object.keys(machines)
      .filter((machine) => machines[machine]?.[2] === type)
      .sort(),
  },
  arch,
})

/** Azure Kubernetes Service (learn.microsoft.com/azure/aks). */
export const aksPreset: Preset = {
  gpuVendor: 'nvidia',
  accelerators: {
    ...withParts(
      {
        t4: on('t4'),
        a10: on('a10'),
        'a100-40gb': on('a100-40gb'),
        'a100-80gb': on('a100-80gb'),
        'h100-80gb': on('h100-80gb'),
        'h100-94gb': on('h100-94gb'),
        h200: on('h200'),
        gb200: on('gb200', 'nvidia', 'arm64'),
      },
      mixedPart,
    ),
    mi300x: on('mi300x', 'amd'),
  },
  machines,
  taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
  armTaints: [],
  spot: {
    labels: { 'kubernetes.azure.com/priority': 'spot' },
    taints: [{ key: 'kubernetes.azure.com/scalesetpriority', value: 'spot', effect: 'NoSchedule' }],
    tainted: true,
  },
  stay: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
  storageClasses: {},
}
