import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cgroupCpu, cgroupMemory } from '../src/machine/cgroup.ts'

/** Cores and bytes that a made-up cgroup leaves; its files by path. */
function limits(files: Readonly<Record<string, string>>): readonly (number | undefined)[] {
  const root = mkdtempSync(join(tmpdir(), 'millrace-cgroup-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return [cgroupCpu(root, join(root, 'own')), cgroupMemory(root, join(root, 'own'))]
}

test('a group of version 2, and all above it, have limits', () => {
  expect(
    limits({
      own: '0::/a/b\n',
      'a/b/cpu.max': 'max 100000\n',
      'a/b/memory.max': `${2 ** 31}\n`,
      'a/cpu.max': '150000 100000\n',
      'a/memory.max': `${2 ** 30}\n`,
    }),
  ).toEqual([1.5, 2 ** 30])
})

test('so has one of version 1; in a container its own is the first', () => {
  expect(
    limits({
      own: '4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/\n',
      'cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
      'cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'memory/memory.limit_in_bytes': `${2 ** 29}\n`,
    }),
  ).toEqual([0.5, 2 ** 29])
})

test('a group may have none, or none that says so', () => {
  expect(
    limits({
      own: '4:memory:/\n0::/\n',
      'cpu.max': 'max 100000\n',
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
    }),
  ).toEqual([undefined, undefined])
  expect(limits({})).toEqual([undefined, undefined])
})
