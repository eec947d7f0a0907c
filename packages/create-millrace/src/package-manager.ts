import { spawnSync } from 'node:child_process'
import { hint } from '@millrace/ir'
import { CreateError } from './create-error.ts'

const managers = ['npm', 'pnpm', 'yarn', 'bun'] as const
export type PackageManager = (typeof managers)[number]

/** @throws CreateError `usage` for one that is not known */
export function managerNamed(name: string): PackageManager {
  const known = managers.find((manager) => manager === name)
  if (known) return known
  const message = `there is no package manager "${name}"${hint(name, managers)}`
  throw new CreateError('usage', message, 'Choose npm, pnpm, yarn or bun.')
}

/** The one that started this program, by what it says of itself (`pnpm/12.0.0 npm/? node/v24.11.0`), or else npm. */
export function startedBy(userAgent = ''): PackageManager {
  return managers.find((manager) => userAgent.startsWith(`${manager}/`)) ?? 'npm'
}

/**
 * Gives the exit code: 0, or 130 where the user stopped it.
 *
 * @param command what the user can run to install by hand
 * @throws CreateError `install-failed`
 */
export function install(manager: PackageManager, path: string, command: string): number {
  const windows = process.platform === 'win32'
  // there it is a batch file, which only a shell starts
  const [name, args] = windows ? [`${manager} install`, []] : [manager, ['install']]
  const { error, status, signal } = spawnSync(name, args, { cwd: path, stdio: 'inherit', shell: windows })
  if (status === 0) return 0
  if (signal === 'SIGINT') return 130
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  const why = missing ? `${manager} is not there` : (error?.message ?? signal ?? `it exited with ${status}`)
  throw new CreateError(
    'install-failed',
    `${manager} install failed: ${why}; the project is made, without its packages`,
    `Install them: ${command}`,
  )
}
