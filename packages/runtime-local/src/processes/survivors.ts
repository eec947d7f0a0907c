import { readdirSync, readFileSync } from 'node:fs'
import { stageVariables } from '@millrace/ir'

/** In an attempt of at most so many milliseconds, pids are assumed not to be reused. */
const shortAttempt = 60_000
const rounds = 20

/**
 * Ends what an attempt started and left: also what has a session of its own, or a parent that is gone. A process that
 * is meant to go on is started without the variable. Does nothing where there is no /proc.
 *
 * @param leader the attempt's own process, which has ended
 * @param milliseconds how long it lived
 */
export function endSurvivors(token: string, leader: number, milliseconds: number): void {
  const mark = Buffer.from(`${stageVariables.attempt}=${token}`)
  // numbers are given in ascending order, then from the lowest again
  const last = milliseconds < shortAttempt ? lastNumber() : 0
  const isLater = (pid: number) => last < leader || pid > leader
  endAll(() => processes().filter((pid) => isLater(pid) && read(`/proc/${pid}/environ`)?.includes(mark)))
}

/**
 * Ends all that this process started, by itself or by others.
 *
 * @param roots only these of its children, and what they started
 */
export function endDescendants(roots?: readonly number[]): void {
  // a process whose parent has ended is nobody's child: what was found once is known
  const known = new Set(roots ?? [process.pid])
  endAll(() => {
    const children = new Map<number, number[]>()
    for (const pid of processes()) {
      // the name, which may hold anything, stands in parentheses
      const fields = read(`/proc/${pid}/stat`)?.toString('latin1').replace(/^.*\)/s, '').trim().split(' ')
      if (fields === undefined || fields[0] === 'Z') continue
      const parent = Number(fields[1])
      children.set(parent, [...(children.get(parent) ?? []), pid])
    }
    for (const pid of known) for (const child of children.get(pid) ?? []) known.add(child)
    const alive = new Set([...children.values()].flat())
    return [...known].filter((pid) => pid !== process.pid && alive.has(pid))
  })
}

/** What is ended may have started another meanwhile. */
function endAll(find: () => number[]): void {
  for (let round = 0; round < rounds; round++) {
    const found = find()
    if (found.length === 0) return
    for (const pid of found)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has ended, or is another user's
      }
  }
}

function processes(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    return []
  }
}

/** The number that was given last. */
const lastNumber = (): number => Number(read('/proc/loadavg')?.toString().trim().split(' ').at(-1) ?? 0)

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
