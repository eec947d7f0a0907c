import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Random } from './random.ts'

/** One file system call of a trace by strace. */
export interface SystemCall {
  readonly name: string
  /** As strace prints it. */
  readonly text: string
  /** The how manieth of its name in its thread, from 1. */
  readonly ordinal: number
  readonly injected: boolean
}

/** Words before a command that trace its calls into a file. */
export const traced = (log: string, ...more: readonly string[]): readonly string[] => [
  // with strace alone what it traced would live on, stopped or not
  'timeout',
  '--signal=KILL',
  '280',
  'strace',
  '-f',
  '--seccomp-bpf',
  '-y',
  '-s',
  '4',
  '-o',
  log,
  '-e',
  'trace=%file,%desc',
  ...more,
]

/** The calls of a trace that name a path. */
export function callsOn(log: string, path: string): SystemCall[] {
  const counts = new Map<string, number>()
  const calls: SystemCall[] = []
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, name, rest] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? []
    if (name === undefined || rest === undefined) continue
    const ordinal = (counts.get(`${thread} ${name}`) ?? 0) + 1
    counts.set(`${thread} ${name}`, ordinal)
    if (rest.includes(path)) calls.push({ name, text: line, ordinal, injected: line.includes('(INJECTED)') })
  }
  return calls
}

/** How many calls of a trace were made to fail, wherever they went. */
export const injections = (log: string): number => readFileSync(log, 'utf8').split('(INJECTED)').length - 1

const full = ['ENOSPC', 'EDQUOT', 'EIO']
const change = [...full, 'EACCES', 'EROFS']
const look = ['EIO', 'EACCES']
const errors: { readonly [name: string]: readonly string[] } = {
  open: ['EMFILE', 'ENFILE', 'EACCES', 'EIO', 'ENOSPC', 'EDQUOT', 'EROFS'],
  openat: ['EMFILE', 'ENFILE', 'EACCES', 'EIO', 'ENOSPC', 'EDQUOT', 'EROFS'],
  write: full,
  writev: full,
  pwrite64: full,
  fsync: full,
  fdatasync: full,
  ftruncate: full,
  copy_file_range: full,
  sendfile: full,
  mkdir: change,
  rename: change,
  renameat2: change,
  link: change,
  unlink: change,
  rmdir: change,
  utimensat: change,
  read: ['EIO'],
  pread64: ['EIO'],
  getdents64: ['EIO'],
  close: ['EIO'],
  access: look,
  readlink: look,
  stat: look,
  lstat: look,
  fstat: ['EIO'],
  newfstatat: look,
  statx: look,
}

export interface Fault {
  readonly call: SystemCall
  readonly error: string
}

/** A call to make fail, its name chosen first so that rare ones are hit too; for opening only what that call could get. */
export function chooseFault(calls: readonly SystemCall[], random: Random): Fault {
  const names = [...new Set(calls.map(({ name }) => name))].filter((name) => errors[name]).sort()
  // one case in three takes any call, as frequent ones lie in many places
  const name = random.below(3) === 0 ? undefined : random.pick(names)
  const call = random.pick(calls.filter((call) => (name === undefined ? errors[call.name] : call.name === name)))
  const writes = /O_CREAT|O_WRONLY|O_RDWR/.test(call.text) || !call.name.startsWith('open')
  const possible = (errors[call.name] as readonly string[]).filter(
    (error) => writes || !/ENOSPC|EDQUOT|EROFS/.test(error),
  )
  return { call, error: random.pick(possible) }
}

/** A call as a lost case tells it. */
export const tell = ({ call, error }: Fault): string =>
  `${error} at ${call.name} ${call.ordinal}: ${basename(call.text).slice(0, 200)}`
