import { formatDiagnostic } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import type { ClusterOptions, NodePool } from '../../src/index.ts'
import { misfit } from './support.ts'

const nodes = (...pools: readonly NodePool[]): Partial<ClusterOptions> => ({ nodes: pools })

describe('what fits nowhere', () => {
  const a100 = { count: 4, cpu: 64, memory: '512Gi', disk: '1Ti', gpu: { type: 'a100-80gb', count: 8 } } as const
  const small = { count: 9, cpu: 8, memory: '1Ti' } as const

  test('reads on after the names of the stage and the environment', () => {
    const [problem, fix] = misfit('on-prem', { gpu: { type: 'h100-80gb', count: 8 } }, nodes(a100)).split('\n')
    const message = `"train" does not fit the environment "onprem": ${problem}`
    const at = { pipeline: null, node: null }
    expect(
      formatDiagnostic({ code: 'does-not-fit', severity: 'error', message, at, fix: fix as string }),
    ).toMatchInlineSnapshot(`
      "error[does-not-fit]: "train" does not fit the environment "onprem": it asks for 8 GPUs "h100-80gb", and no node has one; the nodes have "a100-80gb"
        fix: Ask for one of these, or add nodes with "h100-80gb" to the environment."
    `)
  })

  test('a type that the preset does not know', () => {
    expect(misfit('gke', { gpu: { type: 'h100', count: 8 } })).toMatchInlineSnapshot(`
      "it asks for the GPU "h100" (did you mean "h100-80gb"?), which the preset "gke" doesn't know
      Use one of: t4, l4, a100-40gb, a100-80gb, h100-80gb, h100-mega-80gb, h200, b200, gb200; or describe it in the environment's accelerators."
    `)
    expect(misfit('on-prem', { gpu: { type: 'a100-8gb', count: 1 } })).toMatchInlineSnapshot(`
      "it asks for the GPU "a100-8gb" (did you mean "a100-80gb"?), which the preset "on-prem" doesn't know
      Use one of: t4, l4, a10g, l40s, a100-40gb, a100-80gb, h100-80gb, h200, b200, gb200, mi300x, intel-xe, intel-i915, gaudi; or describe it in the environment's accelerators."
    `)
    expect(misfit('gke', { gpu: { type: 'a100-80gb/1g.5gb', count: 1 } })).toMatchInlineSnapshot(`
      "it asks for the GPU "a100-80gb/1g.5gb" (did you mean "a100-80gb/1g.10gb"?), which the preset "gke" doesn't know
      Use one of: a100-80gb/1g.10gb, a100-80gb/2g.20gb, a100-80gb/3g.40gb, a100-80gb/7g.80gb; or describe it in the environment's accelerators."
    `)
    expect(misfit('gke', { tpu: { type: 'v5', topology: '2x2' } })).toMatchInlineSnapshot(`
      "it asks for the TPU "v5" (did you mean "v4"?), which the preset "gke" doesn't know
      Use one of: v4, v5e, v5p, v6e, v7; or describe it in the environment's accelerators."
    `)
    expect(misfit('eks', { tpu: { type: 'v5e', topology: '2x2' } })).toMatchInlineSnapshot(`
      "it asks for the TPU "v5e", which the preset "eks" doesn't know
      Describe "v5e" in the environment's accelerators."
    `)
    expect(misfit('gke', { gpu: { type: 'v5e', count: 4 } })).toMatchInlineSnapshot(`
      "it asks for the GPU "v5e", which is a TPU
      Ask for tpu: { type: 'v5e', topology }."
    `)
    expect(misfit('gke', { tpu: { type: 'l4', topology: '2x2' } })).toMatchInlineSnapshot(`
      "it asks for the TPU "l4", which is a GPU
      Ask for gpu: { type: 'l4', count: 1 }."
    `)
    expect(misfit('on-prem', { gpu: { type: 'constructor', count: 1 } })).toMatch(
      /^it asks for the GPU "constructor", which/,
    )
  })

  test('another vendor', () => {
    expect(misfit('on-prem', { gpu: { type: 'l4', count: 1, vendor: 'amd' } })).toMatchInlineSnapshot(`
      "it asks for the GPU "l4" of the vendor "amd", and its vendor is "nvidia"
      Leave the vendor out."
    `)
  })

  test('a topology that there is not, or of several hosts', () => {
    expect(misfit('gke', { tpu: { type: 'v5e', topology: '2x3' } })).toMatchInlineSnapshot(`
      "it asks for the TPU "v5e" with topology "2x3" (did you mean "2x2"?), which there is not
      Use one of: 1x1, 2x2, 2x4, 4x4, 4x8, 8x8, 8x16, 16x16."
    `)
    expect(misfit('gke', { tpu: { type: 'v5p', topology: '3x3x3' } })).toMatchInlineSnapshot(`
      "it asks for the TPU "v5p" with topology "3x3x3", which there is not
      Use one of: 2x2x1, 2x2x2, 2x2x4, 2x4x4, or AxBxC with sides that are multiples of 4, A ≤ B ≤ C, up to 8960 chips."
    `)
    expect(misfit('gke', { tpu: { type: 'v5e', topology: '4x4' } })).toMatchInlineSnapshot(`
      "it asks for the TPU "v5e" with topology "4x4", which is 4 hosts; a stage can't have more than one yet
      Ask for a slice of one host: 1x1, 2x2, 2x4."
    `)
  })

  test('a type or topology that no node has', () => {
    expect(misfit('on-prem', { gpu: { type: 'h100-80gb', count: 8 } }, nodes(a100))).toMatchInlineSnapshot(`
      "it asks for 8 GPUs "h100-80gb", and no node has one; the nodes have "a100-80gb"
      Ask for one of these, or add nodes with "h100-80gb" to the environment."
    `)
    expect(misfit('on-prem', { gpu: { type: 'h100-80gb', count: 8 } }, nodes(small))).toMatchInlineSnapshot(`
      "it asks for 8 GPUs "h100-80gb", and no node has one
      Add nodes with "h100-80gb" to the environment."
    `)
    expect(misfit('on-prem', { gpu: 1 }, nodes(small))).toMatchInlineSnapshot(`
      "it asks for 1 GPU, and no node has one
      Add nodes with GPUs to the environment."
    `)
    const slice = nodes({ count: 1, tpu: { type: 'v5e', topology: '4x4' } })
    expect(misfit('gke', { tpu: { type: 'v5e', topology: '2x2' } }, slice)).toMatchInlineSnapshot(`
      "it asks for the TPU "v5e" with topology "2x2", and no node has one; the nodes have "v5e 4x4"
      Add nodes with "v5e" "2x2" to the environment."
    `)
  })

  test('more of it than a node has', () => {
    expect(misfit('on-prem', { gpu: { type: 'a100-80gb', count: 16 } }, nodes(a100))).toMatchInlineSnapshot(`
      "it asks for 16 GPUs "a100-80gb", and a node has at most 8
      Ask for at most 8, or add larger nodes to the environment."
    `)
    const parts = nodes({ count: 1, gpu: { type: 'a100-80gb/1g.10gb', count: 7 } })
    expect(misfit('on-prem', { gpu: { type: 'a100-80gb/1g.10gb', count: 8 } }, parts)).toMatchInlineSnapshot(`
      "it asks for 8 GPUs "a100-80gb/1g.10gb", and a node has at most 7
      Ask for at most 7, or add larger nodes to the environment."
    `)
    expect(misfit('on-prem', { gpu: { type: 'a100-80gb', count: 1 } }, parts)).toMatchInlineSnapshot(`
      "it asks for 1 GPU "a100-80gb", and no node has one; the nodes have "a100-80gb/1g.10gb"
      Ask for one of these, or add nodes with "a100-80gb" to the environment."
    `)
  })

  test('more cores, memory or scratch space', () => {
    expect(misfit('on-prem', { cpu: 96 }, nodes(a100, small))).toMatchInlineSnapshot(`
      "it asks for cpu 96, and a node has at most 64
      Ask for cpu 64 or less, or add larger nodes to the environment."
    `)
    expect(misfit('on-prem', { memory: '2Ti' }, nodes(a100, small))).toMatchInlineSnapshot(`
      "it asks for memory 2Ti, and a node has at most 1Ti
      Ask for memory 1Ti or less, or add larger nodes to the environment."
    `)
    expect(misfit('on-prem', { cpu: 9, memory: '600Gi' }, nodes(a100, small))).toMatchInlineSnapshot(`
      "it asks for memory 600Gi, and a node that meets the rest has at most 512Gi
      Ask for memory 512Gi or less, or add larger nodes to the environment."
    `)
    expect(misfit('on-prem', { disk: '2Ti', gpu: 1 }, nodes(a100, small))).toMatchInlineSnapshot(`
      "it asks for disk 2Ti, and a node that meets the rest has at most 1Ti
      Ask for disk 1Ti or less, or add larger nodes to the environment."
    `)
    const machine = nodes({ count: 1, machine: 'g5.xlarge' })
    expect(misfit('eks', { cpu: 4 }, machine)).toMatchInlineSnapshot(`
      "it asks for cpu 4, and a node has at most 3.92
      Ask for cpu 3.92 or less, or add larger nodes to the environment."
    `)
    expect(misfit('eks', { memory: '16Gi' }, machine)).toMatchInlineSnapshot(`
      "it asks for memory 16Gi, and a node has at most 13Gi
      Ask for memory 13Gi or less, or add larger nodes to the environment."
    `)
    // the only machine type with eight of them
    const found = nodes({ count: 1, gpu: { type: 'h100-80gb', count: 8 } })
    expect(misfit('gke', { cpu: 208 }, found)).toMatchInlineSnapshot(`
      "it asks for cpu 208, and a node has at most 207.41
      Ask for cpu 207.41 or less, or add larger nodes to the environment."
    `)
  })

  test('only machines that can be taken away', () => {
    const spot = nodes({ count: 1, spot: true }, { count: 1, spot: true, gpu: { type: 'l4', count: 1 } })
    expect(misfit('gke', {}, spot)).toMatchInlineSnapshot(`
      "all nodes are spot machines, which can be taken away
      Set resources.spot to true, or add nodes without spot to the environment."
    `)
    expect(misfit('gke', { gpu: { type: 'l4', count: 1 } }, spot)).toMatchInlineSnapshot(`
      "it asks for 1 GPU "l4", and all such nodes are spot machines, which can be taken away
      Set resources.spot to true, or add nodes without spot to the environment."
    `)
  })

  test('another processor', () => {
    expect(misfit('gke', { gpu: { type: 'gb200', count: 4 } }, { arch: 'amd64' })).toMatchInlineSnapshot(`
      "it asks for "gb200", whose machines are arm64, and the environment's arch is amd64
      Leave arch out of the environment and use images for both, or ask for an accelerator of amd64 machines."
    `)
    expect(misfit('gke', { gpu: { type: 'l4', count: 1 } }, { arch: 'arm64' })).toMatchInlineSnapshot(`
      "it asks for "l4", whose machines are amd64, and the environment's arch is arm64
      Leave arch out of the environment and use images for both, or ask for an accelerator of arm64 machines."
    `)
  })

  test('more shared memory than memory, and what is no device', () => {
    expect(misfit('gke', { memory: '1Gi', sharedMemory: '2Gi' })).toMatchInlineSnapshot(`
      "it asks for 2Gi of shared memory, which counts as memory, and for memory 1Gi
      Ask for memory of at least 2Gi."
    `)
    expect(misfit('gke', { devices: { rdma: 1 } })).toMatchInlineSnapshot(`
      "it asks for the device "rdma", which is no name of an extended resource
      Give the name that the cluster's nodes have, for example "rdma/ib"."
    `)
    expect(misfit('gke', { gpu: 1, devices: { 'nvidia.com/gpu': 1 } })).toMatchInlineSnapshot(`
      "it asks for the device "nvidia.com/gpu" besides 1 GPU
      Leave the device out."
    `)
  })
})
