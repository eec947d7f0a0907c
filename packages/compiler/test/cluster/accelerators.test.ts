import { describe, expect, test } from 'vitest'
import { type Placement, placeStage } from '../../src/index.ts'
import { environment, type Preset, placed } from './support.ts'

/** `resource=count label=value label∈a|b`, then the keys that are tolerated. */
function line({ requests, limits, nodeSelector = {}, affinity, tolerations = [] }: Placement): string {
  const resource = Object.keys(requests).find((name) => name.includes('/')) as string
  expect(limits[resource]).toBe(requests[resource])
  const required = affinity?.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  expect(required.length).toBeLessThanOrEqual(1)
  return [
    `${resource}=${requests[resource]}`,
    ...Object.entries(nodeSelector).map(([key, value]) => `${key}=${value}`),
    ...(required[0]?.matchExpressions ?? [])
      .filter(({ operator }) => operator === 'In')
      .map(({ key, values = [] }) => `${key}∈${values.join('|')}`),
    '←',
    ...tolerations.map(({ key, value, effect }) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`),
  ].join(' ')
}

const nvidia = 'nvidia.com/gpu:NoSchedule'
const sku = 'nvidia.com/gpu:NoSchedule sku=gpu:NoSchedule'
const product = (names: string) =>
  names.includes('|') ? `nvidia.com/gpu.product∈${names}` : `nvidia.com/gpu.product=${names}`
const gfd = (names: string) => `nvidia.com/gpu=1 ${product(names)} ← ${nvidia}`
const mig = (profile: string, names: string) => `nvidia.com/mig-${profile}=1 ${product(names)} ← ${nvidia}`
const a100s = ['NVIDIA-A100-PCIE-40GB|NVIDIA-A100-SXM4-40GB', 'NVIDIA-A100-80GB-PCIe|NVIDIA-A100-SXM4-80GB'] as const
const h100s = 'NVIDIA-H100-80GB-HBM3|NVIDIA-H100-PCIe'

const discovered = {
  t4: gfd('Tesla-T4'),
  l4: gfd('NVIDIA-L4'),
  a10g: gfd('NVIDIA-A10G'),
  l40s: gfd('NVIDIA-L40S'),
  'a100-40gb': gfd(a100s[0]),
  'a100-80gb': gfd(a100s[1]),
  'h100-80gb': gfd(h100s),
  h200: gfd('NVIDIA-H200'),
  b200: gfd('NVIDIA-B200'),
  gb200: `nvidia.com/gpu=1 kubernetes.io/arch=arm64 nvidia.com/gpu.product=NVIDIA-GB200 ← ${nvidia}`,
  'a100-40gb/1g.5gb': mig('1g.5gb', a100s[0]),
  'a100-40gb/2g.10gb': mig('2g.10gb', a100s[0]),
  'a100-40gb/3g.20gb': mig('3g.20gb', a100s[0]),
  'a100-40gb/7g.40gb': mig('7g.40gb', a100s[0]),
  'a100-80gb/1g.10gb': mig('1g.10gb', a100s[1]),
  'a100-80gb/2g.20gb': mig('2g.20gb', a100s[1]),
  'a100-80gb/3g.40gb': mig('3g.40gb', a100s[1]),
  'a100-80gb/7g.80gb': mig('7g.80gb', a100s[1]),
  'h100-80gb/1g.10gb': mig('1g.10gb', h100s),
  'h100-80gb/2g.20gb': mig('2g.20gb', h100s),
  'h100-80gb/3g.40gb': mig('3g.40gb', h100s),
  'h100-80gb/7g.80gb': mig('7g.80gb', h100s),
  mi300x: 'amd.com/gpu=1 amd.com/gpu.product-name=AMD_Instinct_MI300X_OAM ← amd.com/gpu:NoSchedule',
  'intel-xe': 'gpu.intel.com/xe=1 intel.feature.node.kubernetes.io/gpu=true ← gpu.intel.com/xe:NoSchedule',
  'intel-i915': 'gpu.intel.com/i915=1 intel.feature.node.kubernetes.io/gpu=true ← gpu.intel.com/i915:NoSchedule',
  gaudi: 'habana.ai/gaudi=1 ← habana.ai/gaudi:NoSchedule',
}

const google = (name: string) => `nvidia.com/gpu=1 cloud.google.com/gke-accelerator=${name} ← ${nvidia}`
const cut = (name: string, profile: string) =>
  `nvidia.com/gpu=1 cloud.google.com/gke-accelerator=${name} cloud.google.com/gke-gpu-partition-size=${profile} ← ${nvidia}`

const karpenter = (name: string, memory?: number) =>
  `${memory === undefined ? '' : `karpenter.k8s.aws/instance-gpu-memory=${memory} `}karpenter.k8s.aws/instance-gpu-name=${name} ← ${nvidia}`
const neuron = (name: string) =>
  `aws.amazon.com/neuron=1 karpenter.k8s.aws/instance-accelerator-name=${name} ← aws.amazon.com/neuron:NoSchedule`

const type = 'node.kubernetes.io/instance-type'
const t4s = ['NC16as_T4_v3', 'NC4as_T4_v3', 'NC64as_T4_v3', 'NC8as_T4_v3'].map((name) => `Standard_${name}`).join('|')
const azure80 = ['NC24ads_A100_v4', 'NC48ads_A100_v4', 'NC96ads_A100_v4', 'ND96amsr_A100_v4']
  .map((name) => `Standard_${name}`)
  .join('|')

const expected: { readonly [P in Preset]: Record<string, string> } = {
  'on-prem': discovered,
  k3s: discovered,
  gke: {
    t4: google('nvidia-tesla-t4'),
    l4: google('nvidia-l4'),
    'a100-40gb': google('nvidia-tesla-a100'),
    'a100-80gb': google('nvidia-a100-80gb'),
    'h100-80gb': google('nvidia-h100-80gb'),
    'h100-mega-80gb': google('nvidia-h100-mega-80gb'),
    h200: google('nvidia-h200-141gb'),
    b200: google('nvidia-b200'),
    gb200: `nvidia.com/gpu=1 cloud.google.com/gke-accelerator=nvidia-gb200 kubernetes.io/arch=arm64 ← kubernetes.io/arch=arm64:NoSchedule ${nvidia}`,
    'a100-40gb/1g.5gb': cut('nvidia-tesla-a100', '1g.5gb'),
    'a100-40gb/2g.10gb': cut('nvidia-tesla-a100', '2g.10gb'),
    'a100-40gb/3g.20gb': cut('nvidia-tesla-a100', '3g.20gb'),
    'a100-40gb/7g.40gb': cut('nvidia-tesla-a100', '7g.40gb'),
    'a100-80gb/1g.10gb': cut('nvidia-a100-80gb', '1g.10gb'),
    'a100-80gb/2g.20gb': cut('nvidia-a100-80gb', '2g.20gb'),
    'a100-80gb/3g.40gb': cut('nvidia-a100-80gb', '3g.40gb'),
    'a100-80gb/7g.80gb': cut('nvidia-a100-80gb', '7g.80gb'),
    'h100-80gb/1g.10gb': cut('nvidia-h100-80gb', '1g.10gb'),
    'h100-80gb/2g.20gb': cut('nvidia-h100-80gb', '2g.20gb'),
    'h100-80gb/3g.40gb': cut('nvidia-h100-80gb', '3g.40gb'),
    'h100-80gb/7g.80gb': cut('nvidia-h100-80gb', '7g.80gb'),
  },
  eks: {
    t4: `nvidia.com/gpu=1 ${karpenter('t4')}`,
    l4: `nvidia.com/gpu=1 ${karpenter('l4')}`,
    a10g: `nvidia.com/gpu=1 ${karpenter('a10g')}`,
    l40s: `nvidia.com/gpu=1 ${karpenter('l40s')}`,
    'a100-40gb': `nvidia.com/gpu=1 ${karpenter('a100', 40960)}`,
    'a100-80gb': `nvidia.com/gpu=1 ${karpenter('a100', 81920)}`,
    'h100-80gb': `nvidia.com/gpu=1 ${karpenter('h100')}`,
    h200: `nvidia.com/gpu=1 ${karpenter('h200')}`,
    b200: `nvidia.com/gpu=1 ${karpenter('b200')}`,
    'a100-40gb/1g.5gb': `nvidia.com/mig-1g.5gb=1 ${karpenter('a100', 40960)}`,
    'a100-40gb/2g.10gb': `nvidia.com/mig-2g.10gb=1 ${karpenter('a100', 40960)}`,
    'a100-40gb/3g.20gb': `nvidia.com/mig-3g.20gb=1 ${karpenter('a100', 40960)}`,
    'a100-40gb/7g.40gb': `nvidia.com/mig-7g.40gb=1 ${karpenter('a100', 40960)}`,
    'a100-80gb/1g.10gb': `nvidia.com/mig-1g.10gb=1 ${karpenter('a100', 81920)}`,
    'a100-80gb/2g.20gb': `nvidia.com/mig-2g.20gb=1 ${karpenter('a100', 81920)}`,
    'a100-80gb/3g.40gb': `nvidia.com/mig-3g.40gb=1 ${karpenter('a100', 81920)}`,
    'a100-80gb/7g.80gb': `nvidia.com/mig-7g.80gb=1 ${karpenter('a100', 81920)}`,
    'h100-80gb/1g.10gb': `nvidia.com/mig-1g.10gb=1 ${karpenter('h100')}`,
    'h100-80gb/2g.20gb': `nvidia.com/mig-2g.20gb=1 ${karpenter('h100')}`,
    'h100-80gb/3g.40gb': `nvidia.com/mig-3g.40gb=1 ${karpenter('h100')}`,
    'h100-80gb/7g.80gb': `nvidia.com/mig-7g.80gb=1 ${karpenter('h100')}`,
    inferentia: neuron('inferentia'),
    inferentia2: neuron('inferentia2'),
    trainium: neuron('trainium'),
    trainium2: neuron('trainium2'),
  },
  aks: {
    t4: `nvidia.com/gpu=1 ${type}∈${t4s} ← ${sku}`,
    a10: `nvidia.com/gpu=1 ${type}∈Standard_NV36ads_A10_v5|Standard_NV72ads_A10_v5 ← ${sku}`,
    'a100-40gb': `nvidia.com/gpu=1 ${type}=Standard_ND96asr_v4 ← ${sku}`,
    'a100-80gb': `nvidia.com/gpu=1 ${type}∈${azure80} ← ${sku}`,
    'h100-80gb': `nvidia.com/gpu=1 ${type}=Standard_ND96isr_H100_v5 ← ${sku}`,
    'h100-94gb': `nvidia.com/gpu=1 ${type}∈Standard_NC40ads_H100_v5|Standard_NC80adis_H100_v5 ← ${sku}`,
    h200: `nvidia.com/gpu=1 ${type}=Standard_ND96isr_H200_v5 ← ${sku}`,
    gb200: `nvidia.com/gpu=1 kubernetes.io/arch=arm64 ${type}=Standard_ND128isr_NDR_GB200_v6 ← ${sku}`,
    'a100-40gb/1g.5gb': `nvidia.com/mig-1g.5gb=1 ${type}=Standard_ND96asr_v4 ← ${sku}`,
    'a100-40gb/2g.10gb': `nvidia.com/mig-2g.10gb=1 ${type}=Standard_ND96asr_v4 ← ${sku}`,
    'a100-40gb/3g.20gb': `nvidia.com/mig-3g.20gb=1 ${type}=Standard_ND96asr_v4 ← ${sku}`,
    'a100-40gb/7g.40gb': `nvidia.com/mig-7g.40gb=1 ${type}=Standard_ND96asr_v4 ← ${sku}`,
    'a100-80gb/1g.10gb': `nvidia.com/mig-1g.10gb=1 ${type}∈${azure80} ← ${sku}`,
    'a100-80gb/2g.20gb': `nvidia.com/mig-2g.20gb=1 ${type}∈${azure80} ← ${sku}`,
    'a100-80gb/3g.40gb': `nvidia.com/mig-3g.40gb=1 ${type}∈${azure80} ← ${sku}`,
    'a100-80gb/7g.80gb': `nvidia.com/mig-7g.80gb=1 ${type}∈${azure80} ← ${sku}`,
    'h100-80gb/1g.10gb': `nvidia.com/mig-1g.10gb=1 ${type}=Standard_ND96isr_H100_v5 ← ${sku}`,
    'h100-80gb/2g.20gb': `nvidia.com/mig-2g.20gb=1 ${type}=Standard_ND96isr_H100_v5 ← ${sku}`,
    'h100-80gb/3g.40gb': `nvidia.com/mig-3g.40gb=1 ${type}=Standard_ND96isr_H100_v5 ← ${sku}`,
    'h100-80gb/7g.80gb': `nvidia.com/mig-7g.80gb=1 ${type}=Standard_ND96isr_H100_v5 ← ${sku}`,
    mi300x: `amd.com/gpu=1 ${type}=Standard_ND96isr_MI300X_v5 ← amd.com/gpu:NoSchedule sku=gpu:NoSchedule`,
  },
}

describe.each(Object.entries(expected))('%s', (preset, table) => {
  test.each(Object.entries(table))('%s', (gpu, text) => {
    expect(line(placed(preset as Preset, { gpu: { type: gpu, count: 1 } }))).toBe(text)
  })

  test('has no others', () => {
    const told = placeStage({ gpu: { type: '?', count: 1 } }, environment(preset as Preset))
    const parts = placeStage({ gpu: { type: '?/?', count: 1 } }, environment(preset as Preset))
    const names = [told, parts].flatMap((found) =>
      'fix' in found ? (/^Use one of: (.*);/.exec(found.fix)?.[1] ?? '').split(', ') : [],
    )
    expect(names.sort()).toEqual(Object.keys(table).sort())
  })
})

describe('TPU slices of one host', () => {
  test.each([
    ['v4', '2x2x1', 'tpu-v4-podslice', 4],
    ['v5e', '1x1', 'tpu-v5-lite-podslice', 1],
    ['v5e', '2x2', 'tpu-v5-lite-podslice', 4],
    ['v5e', '2x4', 'tpu-v5-lite-podslice', 8],
    ['v5p', '2x2x1', 'tpu-v5p-slice', 4],
    ['v6e', '1x1', 'tpu-v6e-slice', 1],
    ['v6e', '2x2', 'tpu-v6e-slice', 4],
    ['v6e', '2x4', 'tpu-v6e-slice', 8],
    ['v7', '1x1x1', 'tpu7x', 1],
    ['v7', '2x2x1', 'tpu7x', 4],
  ])('%s %s', (tpu, topology, name, chips) => {
    expect(line(placed('gke', { tpu: { type: tpu, topology } }))).toBe(
      `google.com/tpu=${chips} cloud.google.com/gke-tpu-accelerator=${name} cloud.google.com/gke-tpu-topology=${topology} ← google.com/tpu:NoSchedule`,
    )
  })

  test.each([
    ['v4', '2x2x2', 2],
    ['v4', '2x4x4', 8],
    ['v4', '4x4x8', 32],
    ['v4', '16x16x16', 1024],
    ['v5e', '4x4', 4],
    ['v5e', '16x16', 64],
    ['v5p', '2x2x4', 4],
    ['v5p', '16x16x24', 1536],
    ['v6e', '4x8', 8],
    ['v7', '4x4x4', 16],
    ['v7', '16x24x24', 2304],
  ])('%s %s are %i hosts', (tpu, topology, hosts) => {
    expect(placeStage({ tpu: { type: tpu, topology } }, environment('gke'))).toMatchObject({
      problem: `it asks for the TPU "${tpu}" with topology "${topology}", which is ${hosts} hosts; a stage can't have more than one yet`,
    })
  })

  test.each([
    ['v4', '4x4'],
    ['v4', '4x4x260'],
    ['v4', '8x4x4'],
    ['v4', '4x4x6'],
    ['v5e', '2x8'],
    ['v5e', '4x4x4'],
    ['v5p', '16x24x24'],
    ['v7', '16x24x28'],
    ['v5e', 'constructor'],
  ])('%s %s there is not', (tpu, topology) => {
    expect(placeStage({ tpu: { type: tpu, topology } }, environment('gke'))).toMatchObject({
      problem: expect.stringMatching(
        /^it asks for the TPU ".*" with topology ".*?"( \(did you mean ".*"\?\))?, which there is not$/,
      ),
    })
  })
})
