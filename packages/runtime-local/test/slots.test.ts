import { expect, test } from 'vitest'
import { otherGpu, shareOf } from '../src/machine/capacity.ts'
import type { Gpu } from '../src/machine/gpus.ts'
import { type Lease, Slots } from '../src/machine/slots.ts'

const gpus: readonly Gpu[] = ['A100-SXM4-40GB', 'H100 80GB HBM3', 'L4', 'H100 80GB HBM3'].map((model, at) => ({
  vendor: 'nvidia',
  id: `GPU-${at}`,
  model: `NVIDIA ${model}`,
}))
const machine = { cpu: 64, memory: 2 ** 40, gpu: gpus.length, gpus }

/** A machine on which each request that has room holds its place until it is released, by name. */
function busy(...types: readonly string[]) {
  const slots = new Slots<string>(machine, undefined, () => types)
  const leases = new Map<string, Lease>()
  return {
    ask(who: string, count: number, type?: string) {
      const share = shareOf({ gpu: type === undefined ? count : { type, count } }, machine)
      slots.enter(share, who, (lease) => leases.set(who, lease))
      return leases.get(who)?.gpus
    },
    release: (who: string) => leases.get(who)?.release(),
    gpusOf: (who: string) => leases.get(who)?.gpus,
    waiting: () => [...slots.first()].map(({ who, reason }) => `${who} ${reason}`),
  }
}

test('a request for a type waits for GPUs of that type, though others are free', () => {
  const { ask, release, gpusOf, waiting } = busy('h100-80gb')
  expect(ask('a', 1, 'h100-80gb')).toEqual([1])
  expect(ask('b', 2, 'h100-80gb')).toBeUndefined()
  expect(waiting()).toEqual(['b needs gpu h100-80gb 2 (1 of 2 free)'])
  expect(ask('c', 1, 'l4')).toEqual([2])
  release('a')
  expect(gpusOf('b')).toEqual([1, 3])
})

test('others are taken as far as the machine has too few of a type', () => {
  const { ask, release, gpusOf, waiting } = busy('h100-80gb', 'a100-40gb')
  expect(ask('a', 1, 'h100-80gb')).toEqual([1])
  expect(ask('b', 3, 'h100-80gb')).toBeUndefined()
  expect(waiting()).toEqual(['b needs gpu h100-80gb 2 (1 of 2 free)'])
  release('a')
  // the one that no request names before the one that some do
  expect(gpusOf('b')).toEqual([1, 2, 3])
  expect(ask('c', 1, 't4')).toEqual([0])
  expect(ask('d', 1, 't4')).toBeUndefined()
  expect(waiting()).toEqual(['d needs gpu 1 (0 of 4 free)'])
})

test('a request without a type takes what the fewest could want', () => {
  const { ask } = busy('a100-40gb', 'h100-80gb', 'h100')
  expect([ask('a', 1), ask('b', 1), ask('c', 1), ask('d', 1)]).toEqual([[2], [0], [1], [3]])
  expect(busy().ask('a', 2)).toEqual([0, 1])
})

test('it is told which others there are where the machine has fewer of a type', () => {
  const others = (count: number, type = 'h100-80gb') => otherGpu({ gpu: { type, count } }, machine)?.models
  expect([others(1), others(2)]).toEqual([undefined, undefined])
  expect(others(3)).toEqual(['NVIDIA A100-SXM4-40GB', 'NVIDIA L4'])
  expect(others(1, 't4')).toEqual(['NVIDIA A100-SXM4-40GB', 'NVIDIA H100 80GB HBM3', 'NVIDIA L4'])
  // there are no others: what is missing was cut
  const alike = { ...machine, gpu: 1, gpus: gpus.slice(1, 2) }
  expect(otherGpu({ gpu: { type: 'h100-80gb', count: 2 } }, alike)).toBeUndefined()
})
