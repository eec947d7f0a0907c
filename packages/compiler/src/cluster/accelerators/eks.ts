import type { Accelerator, Preset } from './accelerator.ts'
import { eksMachines } from './eks-machines.ts'
import { mixedPart, withParts } from './mig.ts'

const gpu = (name: string, mebibytes?: number): Accelerator => ({
  vendor: 'nvidia',
  resource: 'nvidia.com/gpu',
  labels: {
    'karpenter.k8s.aws/instance-gpu-name': name,
    ...(mebibytes === undefined ? {} : { 'karpenter.k8s.aws/instance-gpu-memory': String(mebibytes) }),
  },
  arch: 'amd64',
})

const neuron = (name: string): Accelerator => ({
  vendor: 'aws',
  resource: 'aws.amazon.com/neuron',
  labels: { 'karpenter.k8s.aws/instance-accelerator-name': name },
  arch: 'amd64',
})

/** Elastic Kubernetes Service with nodes by Karpenter (karpenter.sh/docs/reference/instance-types). */
export const eksPreset: Preset = {
  gpuVendor: 'nvidia',
  accelerators: {
    ...withParts(
      {
        t4: gpu('t4'),
        l4: gpu('l4'),
        a10g: gpu('a10g'),
        l40s: gpu('l40s'),
        'a100-40gb': gpu('a100', 40960),
        'a100-80gb': gpu('a100', 81920),
        'h100-80gb': gpu('h100'),
        h200: gpu('h200'),
        b200: gpu('b200'),
      },
      mixedPart,
    ),
    inferentia: neuron('inferentia'),
    inferentia2: neuron('inferentia2'),
    trainium: neuron('trainium'),
    trainium2: neuron('trainium2'),
  },
  machines: eksMachines,
  taints: [],
  armTaints: [],
  // the second is that of managed node groups
  spot: { labels: { 'karpenter.sh/capacity-type': 'spot', 'eks.amazonaws.com/capacityType': 'SPOT' }, taints: [] },
  stay: { 'karpenter.sh/do-not-disrupt': 'true' },
  storageClasses: {},
}
