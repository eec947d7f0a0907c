import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type GpuSources, gpusOf, isOfType, visibleGpus } from '../src/machine/gpus.ts'

/** A made-up machine: files by path. */
function machine(files: Readonly<Record<string, string>>, smi?: string): GpuSources & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), 'millrace-machine-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return { root, nvidia: join(root, 'nvidia'), mig: join(root, 'mig'), amd: join(root, 'amd'), list: () => smi }
}
const information = (uuid: string, bus: string, model = 'NVIDIA H100 80GB HBM3') =>
  `Model: \t\t ${model}\nIRQ:   \t\t 42\nGPU UUID: \t ${uuid}\nVideo BIOS: \t 96.00.61\nBus Type: \t PCIe\nBus Location: \t ${bus}\n`
const two = {
  'nvidia/0000:41:00.0/information': information('GPU-bbbbbbbb-0000-0000-0000-000000000002', '0000:41:00.0'),
  'nvidia/0000:01:00.0/information': information('GPU-aaaaaaaa-0000-0000-0000-000000000001', '0000:01:00.0'),
}
const ids = (env: Record<string, string>, sources: GpuSources) => gpusOf(env, sources).map(({ id }) => id)
const [a, b] = ['GPU-aaaaaaaa-0000-0000-0000-000000000001', 'GPU-bbbbbbbb-0000-0000-0000-000000000002'] as const
const smi = `GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-0a)
  MIG 1g.5gb      Device  0: (UUID: MIG-1)
  MIG 1g.5gb      Device  1: (UUID: MIG-2)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-0b)
`

describe('the GPUs of a machine', () => {
  test('NVIDIA tells of its own by their places on the bus', () => {
    expect(gpusOf({}, machine(two))).toEqual([
      { vendor: 'nvidia', id: a, model: 'NVIDIA H100 80GB HBM3' },
      { vendor: 'nvidia', id: b, model: 'NVIDIA H100 80GB HBM3' },
    ])
  })

  test('where the driver has no files, as on WSL 2, its program tells', () => {
    expect(gpusOf({}, machine({}, 'GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-77)\n'))).toEqual([
      { vendor: 'nvidia', id: 'GPU-77', model: 'NVIDIA GeForce RTX 4090' },
    ])
  })

  test('of one that is divided the parts count', () => {
    const files = { ...two, 'mig/gpu0/mig/gi7/ci0/access': '', 'mig/gpu0/mig/config': '' }
    expect(gpusOf({}, machine(files, smi))).toEqual([
      { vendor: 'nvidia', id: 'MIG-1', model: 'NVIDIA A100-SXM4-40GB MIG 1g.5gb' },
      { vendor: 'nvidia', id: 'MIG-2', model: 'NVIDIA A100-SXM4-40GB MIG 1g.5gb' },
      { vendor: 'nvidia', id: 'GPU-0b', model: 'NVIDIA A100-SXM4-40GB' },
    ])
    // where nothing is divided nobody asks for more
    expect(ids({}, machine({ ...two, 'mig/gpu0/mig/config': '' }, smi))).toEqual([a, b])
  })

  test('AMD tells of nodes, of which processors have no SIMD units', () => {
    const node = (simd: number, unique: string) => `cpu_cores_count 0\nsimd_count ${simd}\nunique_id ${unique}\n`
    const files = {
      'amd/0/properties': node(0, '0'),
      'amd/10/properties': node(440, '0'),
      'amd/2/properties': node(440, '15678901234567890123'),
    }
    expect(gpusOf({}, machine(files))).toEqual([
      { vendor: 'amd', id: `GPU-${15678901234567890123n.toString(16)}` },
      { vendor: 'amd', id: '1' },
    ])
  })

  test('a machine without any has none, whatever its tools answer', () => {
    expect(ids({}, machine({}))).toEqual([])
    expect(ids({}, machine({}, 'No devices were found\n'))).toEqual([])
    expect(ids({}, machine({ 'nvidia/0000:01:00.0/power': '' }))).toEqual(['0'])
  })

  test.each([
    [{ MILLRACE_GPUS: '0' }, []],
    [{ MILLRACE_GPUS: '1' }, [a]],
    [{ MILLRACE_GPUS: '3' }, [a, b, '2']],
    [{ MILLRACE_GPUS: 'many' }, [a, b]],
    [{ CUDA_VISIBLE_DEVICES: '' }, []],
    [{ CUDA_VISIBLE_DEVICES: '-1' }, []],
    [{ CUDA_VISIBLE_DEVICES: '1, 0' }, ['1', '0']],
    [{ CUDA_VISIBLE_DEVICES: '1,-1,0' }, ['1']],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-bb,MIG-1' }, ['GPU-bb', 'MIG-1']],
    [{ ROCR_VISIBLE_DEVICES: '0,GPU-1' }, ['0', 'GPU-1']],
    [{ CUDA_VISIBLE_DEVICES: '3,4', MILLRACE_GPUS: '1' }, ['3']],
  ] as const)('%j says which', (env, expected) => {
    expect(ids(env, machine(two))).toEqual(expected)
  })
})

describe('what a process sees', () => {
  const nvidia = (id: string) => ({ vendor: 'nvidia', id }) as const
  const amd = (id: string) => ({ vendor: 'amd', id }) as const

  test('its GPUs, and no other', () => {
    expect(visibleGpus([nvidia(b)], {})).toMatchObject({ CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: b })
    expect(visibleGpus([], {})).toMatchObject({ CUDA_VISIBLE_DEVICES: '' })
    expect(visibleGpus([amd('GPU-1'), amd('2')], { HIP_VISIBLE_DEVICES: '0' })).toEqual({
      ROCR_VISIBLE_DEVICES: 'GPU-1,2',
      CUDA_VISIBLE_DEVICES: '0,1',
      HIP_VISIBLE_DEVICES: undefined,
    })
    expect(visibleGpus([], { ROCR_VISIBLE_DEVICES: '1' })).toMatchObject({
      CUDA_VISIBLE_DEVICES: '',
      ROCR_VISIBLE_DEVICES: '',
    })
  })

  test('numbers of the user keep the order that the user meant', () => {
    const env = { CUDA_VISIBLE_DEVICES: '2,1' }
    const gpus = gpusOf(env, machine(two))
    expect(visibleGpus(gpus.slice(0, 1), env)).not.toHaveProperty('CUDA_DEVICE_ORDER')
    expect(visibleGpus(gpus.slice(0, 1), env).CUDA_VISIBLE_DEVICES).toBe('2')
  })
})

test.each([
  ['NVIDIA H100 80GB HBM3', 'h100-80gb', true],
  ['NVIDIA H100 80GB HBM3', 'h100', true],
  ['NVIDIA H200', 'h200-141gb', true],
  ['NVIDIA H200', 'h100-80gb', false],
  ['NVIDIA A100-SXM4-40GB', 'a100-80gb', false],
  ['NVIDIA A100-SXM4-40GB', 'a100-40gb', true],
  ['NVIDIA A100-SXM4-40GB', 'a10', false],
  ['NVIDIA A10G', 'a10g', true],
  ['Tesla T4', 't4', true],
  ['NVIDIA GeForce RTX 4090', 'rtx-4090', true],
  ['NVIDIA L40S', 'l4', false],
  [undefined, 'mi300x', true],
])('%s is of type %s: %s', (model, type, is) => {
  expect(isOfType({ vendor: 'nvidia', id: '0', ...(model === undefined ? {} : { model }) }, type)).toBe(is)
})
