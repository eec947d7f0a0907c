import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who a process is, so that others can tell later whether it still runs. */
export interface Identity {
  readonly pid: number
  readonly host: string
  /** Linux: the boot of the machine, and the namespace in which the pid counts. */
  readonly boot?: string
  readonly space?: string
  /** Linux: clock ticks from the boot to the start of the process; tells a reused pid. */
  readonly start?: string
}

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** State and start time of a process: the third and the 22nd field; the second may hold spaces and parentheses. */
function statOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] && fields[19] ? { state: fields[0], start: fields[19] } : undefined
}

let own: Identity | undefined

/** This process. */
export function self(): Identity {
  if (own) return own
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
  const space = attempt(() => readlinkSync('/proc/self/ns/pid'))
  const start = statOf(process.pid)?.start
  own = { pid: process.pid, host: hostname(), ...(boot && { boot }), ...(space && { space }), ...(start && { start }) }
  return own
}

/** Where a pid means the same process: eight hex digits. */
export const placeOf = (identity: Identity): string =>
  createHash('sha256')
    .update(identity.boot ? `${identity.boot} ${identity.space ?? ''}` : identity.host)
    .digest('hex')
    .slice(0, 8)

export type Fate = 'alive' | 'dead' | 'unknown'

/** Whether a process still runs; `unknown` where it belongs to another machine or pid namespace. */
export function fateOf(identity: Identity): Fate {
  const here = self()
  if (placeOf(identity) === placeOf(here)) return fateHere(identity.pid, identity.start)
  const rebooted = identity.boot && here.boot && identity.boot !== here.boot
  return rebooted && identity.host === here.host ? 'dead' : 'unknown'
}

/** The same for a pid of this place. */
export function fateHere(pid: number, start: string | undefined): Fate {
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'dead'
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'dead'
  }
  const stat = statOf(pid)
  if (!stat) return 'alive'
  if (stat.state === 'Z' || stat.state === 'X') return 'dead'
  return start === undefined || stat.start === start ? 'alive' : 'dead'
}
