import { execFileSync } from 'node:child_process'

/** What a system command of macOS prints. */
function ask(command: string, ...args: readonly string[]): string | undefined {
  try {
    const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/bin`, LC_ALL: 'C', TZ: 'UTC' }
    const said = execFileSync(command, args, { env, timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] })
    return said.toString().trim() || undefined
  } catch {
    return undefined
  }
}

export const bootOfMac = (): string | undefined => ask('sysctl', '-n', 'kern.bootsessionuuid')

/** When a process was started, in seconds since 1970. */
export function startOnMac(pid: number): string | undefined {
  const seconds = Date.parse(`${ask('ps', '-o', 'lstart=', '-p', String(pid)) ?? ''} UTC`) / 1000
  return Number.isNaN(seconds) ? undefined : String(seconds)
}
