import type { Accelerator, Preset } from './accelerator.ts'
import { gkeMachines } from './gke-machines.ts'
import { withParts } from './mig.ts'
import { tpus } from './tpu.ts'

const profileLabel = 'cloud.google.com/gke-gpu-partition-size'

const gpu = (name: string): Accelerator => ({
  vendor: 'nvidia',
  resource: 'nvidia.com/gpu',
  labels: { 'cloud.google.com/gke-accelerator': name },
  arch: 'amd64',
})

/** Google Kubernetes Engine (cloud.google.com/kubernetes-engine/docs). A part of a GPU is asked for as a whole one. */
export const gkePreset: Preset = {
  gpuVendor: 'nvidia',
  accelerators: {
    ...withParts(
      {
        t4: gpu('nvidia-tesla-t4'),
        l4: gpu('nvidia-l4'),
        'a100-40gb': gpu('nvidia-tesla-a100'),
        'a100-80gb': gpu('nvidia-a100-80gb'),
        'h100-80gb': gpu('nvidia-h100-80gb'),
        'h100-mega-80gb': gpu('nvidia-h100-mega-80gb'),
        h200: gpu('nvidia-h200-141gb'),
        b200: gpu('nvidia-b200'),
        gb200: { ...gpu('nvidia-gb200'), arch: 'arm64' },
      },
      (whole, profile) => ({ ...whole, labels: { ...whole.labels, [profileLabel]: profile } }),
    ),
    ...tpus,
  },
  machines: gkeMachines,
  taints: [],
  armTaints: [{ key: 'kubernetes.io/arch', value: 'arm64', effect: 'NoSchedule' }],
  spot: {
    labels: { 'cloud.google.com/gke-spot': 'true' },
    taints: [{ key: 'cloud.google.com/gke-spot', effect: 'NoSchedule' }],
  },
  stay: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
  profileLabel,
  // Filestore; the default class of a cluster is a disk of one node
  storageClasses: { ReadWriteMany: 'standard-rwx' },
}
