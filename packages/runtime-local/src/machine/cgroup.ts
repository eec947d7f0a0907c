import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Cores that the cgroup of this process may use (a container's limit); undefined where there is no limit. */
export function cgroupCpu(root = '/sys/fs/cgroup', own = '/proc/self/cgroup'): number | undefined {
  const limits = groups(root, own).flatMap((folder) => {
    // version 2: "150000 100000" or "max 100000"
    const [, quota, period] = /^(\d+) (\d+)/.exec(read(join(folder, 'cpu.max'))) ?? []
    if (quota !== undefined) return [Number(quota) / Number(period)]
    const old = Number(read(join(folder, 'cpu.cfs_quota_us')))
    return old > 0 ? [old / (Number(read(join(folder, 'cpu.cfs_period_us'))) || 100_000)] : []
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

/** Bytes that it may use. */
export function cgroupMemory(root = '/sys/fs/cgroup', own = '/proc/self/cgroup'): number | undefined {
  const limits = groups(root, own).flatMap((folder) => {
    const text = read(join(folder, 'memory.max')) || read(join(folder, 'memory.limit_in_bytes'))
    const bytes = Number(text)
    // version 1 has a number near 2^63 for no limit
    return text !== '' && bytes > 0 && bytes < 2 ** 60 ? [bytes] : []
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

/** The folders of the group and of all above it: each may have a limit. In a container the first may be its own. */
function groups(root: string, own: string): string[] {
  const folders = new Set<string>()
  for (const line of read(own).split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    const top = controllers === '' ? root : join(root, controllers)
    for (let at = join(top, path); at.startsWith(`${top}/`); at = dirname(at)) folders.add(at)
    folders.add(top)
  }
  return [...folders]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
