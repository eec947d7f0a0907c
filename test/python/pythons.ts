import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A Python of this machine. */
export interface Python {
  /** Absolute. */
  readonly path: string
  /** As `3.9.18`. */
  readonly version: string
}

/** What a program says of itself; undefined where it is no Python, or one that no project may use. */
function python(program: string): Python | undefined {
  const asks = 'import platform, sys; print(sys.executable); print(platform.python_version())'
  const { status, stdout } = spawnSync(program, ['-c', asks], { encoding: 'utf8' })
  const [path = '', version = ''] = status === 0 ? stdout.split('\n') : []
  return minor(version) < oldest ? undefined : { path, version }
}

/** The oldest that the package is for. */
export const oldest = 9

export const minor = (version: string): number => Number(/^3\.(\d+)\.\d+$/.exec(version)?.[1] ?? 0)

/** The `python3` at hand, and all others that are found, by their minor versions. */
export function pythons(): { readonly atHand: Python | undefined; readonly found: ReadonlyMap<number, Python> } {
  const named = Array.from({ length: 10 }, (_, i) => `python3.${oldest + i}`)
  const all = [...named, ...globSync(join(homedir(), '.pyenv/versions/3.*/bin/python3')).sort()].flatMap(
    (program) => python(program) ?? [],
  )
  const atHand = python('python3')
  const found = new Map([...all, ...(atHand ? [atHand] : [])].map((one) => [minor(one.version), one]))
  return { atHand, found }
}
