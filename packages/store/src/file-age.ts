import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, type Stats, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What the clock of a file system was ahead of the time since this process began, by device. */
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
  return nowAt(dirname(path), stat.dev) - stat.mtimeMs
}

function nowAt(folder: string, device: number): number {
  let ahead = clocks.get(device)
  if (ahead === undefined) {
    ahead = aheadAt(folder)
    clocks.set(device, ahead)
  }
  return ahead + performance.now()
}

/** Where nothing can be written, nothing will be removed: the clock of this machine has to do. */
function aheadAt(folder: string): number {
  const probe = join(folder, `.tmp-clock-${randomBytes(6).toString('hex')}`)
  try {
    const fd = openSync(probe, 'wx')
    try {
      return fstatSync(fd).mtimeMs - performance.now()
    } finally {
      closeSync(fd)
      unlinkSync(probe)
    }
  } catch {
    return Date.now() - performance.now()
  }
}
