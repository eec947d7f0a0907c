import { describe, expect, test } from 'vitest'
import type { ClusterOptions, NodePool } from '../../src/index.ts'
import { misfit, placed } from './support.ts'

const nodes = (...pools: readonly NodePool[]): Partial<ClusterOptions> => ({ nodes: pools })

describe('a placement', () => {
  test('of the default', () => {
    expect(placed('on-prem', {})).toEqual({
      requests: { cpu: '1', memory: '512Mi' },
      limits: { memory: '512Mi' },
    })
  })

  test('writes quantities in one way, whatever the author wrote', () => {
    const one = placed('on-prem', { cpu: 0.1 + 0.2, memory: '1024Mi', disk: '0.5Ti', sharedMemory: '1.5Mi' })
    expect(one).toEqual({
      requests: { cpu: '300m', 'ephemeral-storage': '512Gi', memory: '1Gi' },
      limits: { 'ephemeral-storage': '512Gi', memory: '1Gi' },
      sharedMemory: '1536Ki',
      disk: '512Gi',
    })
    expect(placed('on-prem', { cpu: 2.5, memory: '0.1Ki' }).requests).toEqual({ cpu: '2500m', memory: '102' })
    expect(placed('on-prem', { cpu: 0.0001 }).requests.cpu).toBe('1m')
  })

  test('has the accelerator in requests and limits, shared memory, and stays where it is', () => {
    expect(
      placed(
        'gke',
        { cpu: 8, memory: '32Gi', gpu: { type: 'h100-80gb', count: 8 } },
        nodes({ count: 2, machine: 'a3-highgpu-8g' }),
      ),
    ).toEqual({
      requests: { cpu: '8', memory: '32Gi', 'nvidia.com/gpu': '8' },
      limits: { memory: '32Gi', 'nvidia.com/gpu': '8' },
      nodeSelector: { 'cloud.google.com/gke-accelerator': 'nvidia-h100-80gb' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
      sharedMemory: '32Gi',
      annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
    })
  })

  test('carries other devices', () => {
    const { requests, limits } = placed('eks', { devices: { 'vpc.amazonaws.com/efa': 32, 'rdma/ib': 0 } })
    expect(requests).toEqual({ cpu: '1', memory: '512Mi', 'vpc.amazonaws.com/efa': '32' })
    expect(limits).toEqual({ memory: '512Mi', 'vpc.amazonaws.com/efa': '32' })
  })

  test('selects the processor of the environment', () => {
    expect(placed('k3s', {}, { arch: 'arm64' }).nodeSelector).toEqual({ 'kubernetes.io/arch': 'arm64' })
    expect(placed('gke', {}, { arch: 'arm64' }).tolerations).toEqual([
      { key: 'kubernetes.io/arch', operator: 'Equal', value: 'arm64', effect: 'NoSchedule' },
    ])
  })

  test('is the same text for the same request', () => {
    const options = { accelerators: { 'a100-80gb': { labels: { z: ['2', '1'], y: 'v', b: ['x', 'y'] } } } }
    const gpu = { type: 'a100-80gb', count: 1 }
    const one = JSON.stringify(placed('on-prem', { gpu, devices: { 'b/b': 1, 'a/a': 1 } }, options))
    const other = JSON.stringify(placed('on-prem', { devices: { 'a/a': 1, 'b/b': 1 }, gpu }, options))
    expect(other).toBe(one)
  })
})

describe('GPUs of any type', () => {
  test('are those of the preset', () => {
    expect(placed('gke', { gpu: 2 }).requests['nvidia.com/gpu']).toBe('2')
    expect(placed('gke', { gpu: 0 }).tolerations).toBeUndefined()
  })

  test('are those of the cluster, where it has no others', () => {
    const amd = nodes({ count: 1, gpu: { type: 'mi300x', count: 8 } })
    expect(placed('on-prem', { gpu: 2 }, amd).requests['amd.com/gpu']).toBe('2')
    expect(placed('on-prem', { gpu: 2 }, { gpuVendor: 'intel' }).requests['gpu.intel.com/xe']).toBe('2')
  })

  test('may be of several types', () => {
    const both = nodes({ count: 1, gpu: { type: 'l4', count: 1 } }, { count: 1, gpu: { type: 'mi300x', count: 8 } })
    const { requests, nodeSelector } = placed('on-prem', { gpu: 1 }, both)
    expect([requests['nvidia.com/gpu'], nodeSelector]).toEqual(['1', undefined])
    expect(misfit('on-prem', { gpu: 2 }, both)).toMatchInlineSnapshot(`
      "it asks for 2 GPUs, and a node has at most 1
      Ask for one, or add larger nodes to the environment."
    `)
  })

  test('are no parts of one', () => {
    const parts = { count: 1, gpu: { type: 'a100-80gb/1g.10gb', count: 7 } }
    expect(misfit('gke', { gpu: 1 }, nodes(parts))).toMatchInlineSnapshot(`
      "it asks for 1 GPU, and no node has one
      Add nodes with GPUs to the environment."
    `)
    const both = nodes(parts, { count: 1, gpu: { type: 'a100-80gb', count: 1 } })
    const whole = [{ matchExpressions: [{ key: 'cloud.google.com/gke-gpu-partition-size', operator: 'DoesNotExist' }] }]
    for (const gpu of [1, { type: 'a100-80gb', count: 1 }])
      expect(placed('gke', { gpu }, both).affinity?.nodeAffinity).toEqual({
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: whole },
      })
  })
})

describe('machines that can be taken away', () => {
  test('are kept from a stage that did not ask for them', () => {
    expect(placed('eks', {}).affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'eks.amazonaws.com/capacityType', operator: 'NotIn', values: ['SPOT'] },
                { key: 'karpenter.sh/capacity-type', operator: 'NotIn', values: ['spot'] },
              ],
            },
          ],
        },
      },
    })
    // nothing to keep from, or a taint does it
    expect(placed('eks', {}, nodes({ count: 1 })).affinity).toBeUndefined()
    expect(placed('aks', {}).affinity).toBeUndefined()
    expect(placed('k3s', {}).affinity).toBeUndefined()
  })

  test.each([
    [
      'gke',
      'cloud.google.com/gke-spot',
      'true',
      [{ key: 'cloud.google.com/gke-spot', operator: 'Exists', effect: 'NoSchedule' }],
    ],
    [
      'aks',
      'kubernetes.azure.com/priority',
      'spot',
      [{ key: 'kubernetes.azure.com/scalesetpriority', operator: 'Equal', value: 'spot', effect: 'NoSchedule' }],
    ],
  ] as const)('are preferred by one that did: %s', (preset, key, value, tolerations) => {
    const preference = { matchExpressions: [{ key, operator: 'In', values: [value] }] }
    const one = placed(preset, { spot: true })
    expect(one.affinity).toEqual({
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] },
    })
    expect(one.tolerations).toEqual(tolerations)
  })

  test('mean nothing on a cluster without any', () => {
    expect(placed('k3s', { spot: true })).toEqual(placed('k3s', {}))
    expect(placed('gke', { spot: true }, nodes({ count: 1 }))).toEqual(placed('gke', {}, nodes({ count: 1 })))
  })
})

describe('pools', () => {
  test('with labels are selected, with taints tolerated', () => {
    const team = {
      count: 1,
      cpu: 8,
      labels: { pool: 'big' },
      taints: [{ key: 'team', value: 'a', effect: 'NoSchedule' }],
    } as const
    const small = { count: 1, cpu: 2, labels: { pool: 'small' } }
    const big = placed('on-prem', { cpu: 4 }, nodes(team, small))
    expect(big.nodeSelector).toEqual({ pool: 'big' })
    expect(big.tolerations).toEqual([{ key: 'team', operator: 'Equal', value: 'a', effect: 'NoSchedule' }])
    expect(placed('on-prem', { cpu: 1 }, nodes(team, small)).affinity?.nodeAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: ['big', 'small'].map((pool) => ({
          matchExpressions: [{ key: 'pool', operator: 'In', values: [pool] }],
        })),
      },
    })
    const plain = placed('on-prem', { cpu: 1 }, nodes(team, { count: 1, cpu: 2 }))
    expect([plain.nodeSelector, plain.affinity]).toEqual([undefined, undefined])
  })

  test('with accelerators take other stages only where no other pool has room', () => {
    const gpus = { count: 1, cpu: 64, gpu: { type: 'l4', count: 1 } }
    expect(placed('gke', { cpu: 4 }, nodes(gpus, { count: 1, cpu: 8 })).tolerations).toBeUndefined()
    expect(placed('gke', { cpu: 4 }, nodes(gpus, { count: 1, cpu: 2 })).tolerations).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ])
  })

  test('of a label of its own have the last word', () => {
    const own = nodes({
      count: 1,
      gpu: { type: 'h100-80gb', count: 8 },
      labels: { 'nvidia.com/gpu.product': 'NVIDIA-H100-NVL' },
    })
    const one = placed('on-prem', { gpu: { type: 'h100-80gb', count: 8 } }, own)
    expect([one.nodeSelector, one.affinity]).toEqual([{ 'nvidia.com/gpu.product': 'NVIDIA-H100-NVL' }, undefined])
  })
})

test('every entry of a preset can be replaced', () => {
  const accelerators = {
    'a100-80gb': { labels: { 'gpu-model': 'a100' }, taint: 'gpus' },
    mine: { resource: 'example.com/chip', vendor: 'me' },
    'l4-share': { resource: 'nvidia.com/gpu.shared', shared: true },
  }
  const one = placed('on-prem', { gpu: { type: 'a100-80gb', count: 1 } }, { accelerators })
  expect(one.nodeSelector).toEqual({ 'gpu-model': 'a100' })
  expect(one.tolerations).toEqual([{ key: 'gpus', operator: 'Exists', effect: 'NoSchedule' }])
  expect(placed('on-prem', { gpu: { type: 'mine', count: 2 } }, { accelerators }).requests).toEqual({
    cpu: '1',
    'example.com/chip': '2',
    memory: '512Mi',
  })
  expect(misfit('on-prem', { gpu: { type: 'l4-share', count: 2 } }, { accelerators })).toMatchInlineSnapshot(`
    "it asks for 2 GPUs "l4-share", and each of these is a share of a GPU; more than one may be shares of the same
    Ask for one."
  `)
  const spot = { labels: { pool: 'spot' }, taints: [{ key: 'spot', effect: 'NoSchedule' }] } as const
  expect(placed('on-prem', { spot: true }, { spot }).tolerations).toEqual([
    { key: 'spot', operator: 'Exists', effect: 'NoSchedule' },
  ])
})
