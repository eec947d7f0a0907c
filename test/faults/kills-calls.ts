import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** The system calls by which a store changes. */
const kinds = ['write', 'rename', 'link', 'fsync', 'unlink'] as const

/** A system call on the store: the n-th of its kind in the main thread. */
export interface StoreCall {
  readonly kind: (typeof kinds)[number]
  readonly n: number
}

let answer: string | undefined

/** Why processes can't be killed at a system call here; empty when they can. */
export function whyNoTrace(): string {
  answer ??= (() => {
    const { error, status } = spawnSync('strace', ['-f', '-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' })
    return error ? 'strace is not installed' : status === 0 ? '' : 'strace may not trace here'
  })()
  return answer
}

/** One thread for file access, so that the order of calls is nearly that of the program. */
export const traced = { UV_THREADPOOL_SIZE: '1' }

/** Words before a command that write all calls to a file. */
export const tracing = (file: string): readonly string[] => [
  'strace',
  '-f',
  '-qq',
  '--seccomp-bpf',
  '-y',
  '-e',
  `trace=${kinds.join()}`,
  '-e',
  'signal=none',
  '-o',
  file,
]

/** Words before a command that kill it as it enters a call. (With --seccomp-bpf strace injects nothing.) */
export const killingAt = ({ kind, n }: StoreCall): readonly string[] => {
  const inject = `inject=${kind}:signal=KILL:when=${n}`
  return ['strace', '-f', '-qq', '-e', `trace=${kind}`, '-e', inject, '-e', 'signal=none', '-o', '/dev/null']
}

/** The calls on the store that a traced program made in its main thread, in order. */
export function storeCalls(file: string, store: string): StoreCall[] {
  if (!existsSync(file)) return []
  const counts = new Map<string, number>()
  const found: StoreCall[] = []
  let main: string | undefined
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, thread, name, rest = ''] = /^(\d+) +([a-z]+)\((.*)/.exec(line) ?? []
    main ??= thread
    const kind = kinds.find((kind) => kind === name)
    if (thread !== main || !kind) continue
    const n = (counts.get(kind) ?? 0) + 1
    counts.set(kind, n)
    if (rest.includes(`${store}/`)) found.push({ kind, n })
  }
  return found
}
