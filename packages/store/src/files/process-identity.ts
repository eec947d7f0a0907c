import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { bootOfMac, startOnMac } from './mac.ts'
import { tryOr } from './try-or.ts'

/*
 * Who is alive, so that nobody takes over a run, or removes files, of a process that still works.
 *
 * - Only the same kernel can be sure: a process of the same boot and pid namespace is looked up by its pid and start
 *   time.
 * - Any other process may be alive. Containers and clones of a machine have the same host name, machine id and pids;
 *   only the boot id is always different. Such a process counts as alive while it gives signs of life
 *   (../folder/coordination/run-lock.ts).
 *
 * Where a system has no boot id, host name and machine id are used instead.
 */

/** Who a process is, so that others can tell later whether it still runs. */
export interface Identity {
  readonly pid: number
  readonly host: string
  /** Linux, macOS: the boot of the machine. */
  readonly boot?: string
  /** Linux: the namespace in which the pid counts. */
  readonly space?: string
  /** Tells a reused pid. Linux: clock ticks from the boot to the start of the process; macOS: seconds since 1970. */
  readonly start?: string
  /** Digest of the machine's id; clones may share it. */
  readonly machine?: string
}

const text = (path: string): string | undefined =>
  tryOr(undefined, () => readFileSync(path, 'latin1').trim()) || undefined

const onMac = process.platform === 'darwin'

/** Where another namespace's /proc is mounted its numbers mean other processes. */
const procIsOurs = (): boolean => tryOr(undefined, () => readlinkSync('/proc/self')) === String(process.pid)

/** State and start time of a process: the third and the 22nd field; the second may hold spaces and parentheses. */
function statOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  const stat = onMac || !procIsOurs() ? undefined : text(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] && fields[19] ? { state: fields[0], start: fields[19] } : undefined
}

const startOf = (pid: number): string | undefined => (onMac ? startOnMac(pid) : statOf(pid)?.start)

let own: Identity | undefined

/** This process. */
export function self(): Identity {
  if (own) return own
  const boot = onMac ? bootOfMac() : text('/proc/sys/kernel/random/boot_id')
  const space = onMac ? undefined : tryOr(undefined, () => readlinkSync('/proc/self/ns/pid'))
  const start = startOf(process.pid)
  const machine = machineOf(text('/etc/machine-id') ?? text('/var/lib/dbus/machine-id'))
  own = {
    pid: process.pid,
    host: hostname(),
    ...(boot && { boot }),
    ...(space && { space }),
    ...(start && { start }),
    ...(machine && { machine }),
  }
  return own
}

/** Hashed, as the machine's id is confidential. */
const machineOf = (id: string | undefined): string | undefined =>
  id && createHash('sha256').update(`millrace ${id}`).digest('hex').slice(0, 32)

/** Where a pid means the same process: eight hex digits. */
export const placeOf = ({ boot, space, host, machine }: Identity): string =>
  createHash('sha256')
    .update(boot ? `${boot} ${space ?? ''}` : `${host} ${machine ?? ''}`)
    .digest('hex')
    .slice(0, 8)

export type Fate = 'alive' | 'dead' | 'unknown'

/** Whether a process still runs; `unknown` where it belongs to another machine, boot or pid namespace. */
export const fateOf = (identity: Identity): Fate =>
  placeOf(identity) === placeOf(self()) ? fateHere(identity.pid, identity.start) : 'unknown'

/** Whether an identity may be one of this machine before it was booted anew. */
export function isOtherBoot({ host, machine, boot }: Identity): boolean {
  const here = self()
  return machine !== undefined && machine === here.machine && host === here.host && boot !== here.boot
}

/** The same for a pid of this place. */
export function fateHere(pid: number, start: string | undefined): Fate {
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'dead'
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'dead'
  }
  const state = statOf(pid)?.state
  if (state === 'Z' || state === 'X') return 'dead'
  const found = start === undefined ? undefined : startOf(pid)
  return found === undefined || found === start ? 'alive' : 'dead'
}
