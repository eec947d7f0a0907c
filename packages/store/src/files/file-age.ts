import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, type Stats, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The clock of a file system minus `performance.now()`, by device. */
const clocks = new Map<number, number>()

/**
 * For how long nobody wrote to a path, in milliseconds; undefined where nothing is there. By the clock of the file
 * system alone: that of another machine, or of a process, may be wrong by days, and set right at any moment.
 */
export function ageOf(path: string): number | undefined {
  let stat: Stats
  try {
    stat = statSync(path)
  } catch {
    return undefined
  }
  return nowAt(path, stat.dev) - stat.mtimeMs
}

function nowAt(path: string, device: number): number {
  let ahead = clocks.get(device)
  if (ahead === undefined) {
    ahead = aheadAt(path, device)
    clocks.set(device, ahead)
  }
  return ahead + performance.now()
}

/** By a file in one of the folders that it is in; where none takes one, the clock of this machine has to do. */
function aheadAt(path: string, device: number): number {
  for (let folder = dirname(path), left = 4; left > 0; folder = dirname(folder), left--) {
    const probe = join(folder, `.tmp-clock-${randomBytes(6).toString('hex')}`)
    try {
      const fd = openSync(probe, 'wx')
      try {
        const { dev, mtimeMs } = fstatSync(fd)
        if (dev === device) return mtimeMs - performance.now()
      } finally {
        closeSync(fd)
        unlinkSync(probe)
      }
    } catch {
      // another user's
    }
  }
  return Date.now() - performance.now()
}
