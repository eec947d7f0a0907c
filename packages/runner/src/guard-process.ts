import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { constants } from 'node:os'
import { perStage, storage } from './per-stage.ts'
import { putBack } from './protect-listener.ts'

type Free = (...given: unknown[]) => unknown

/** Signals that end or stop a process that does nothing about them. */
const deadly = new Set([
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGKILL',
  'SIGTERM',
  'SIGSTOP',
  'SIGTSTP',
  'SIGSEGV',
])
const nameOf = (signal: unknown): string =>
  typeof signal === 'number'
    ? (Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? String(signal))
    : String(signal)

/** Processes that stages of this process started. */
const started = new Set<ChildProcess>()
const note = (message: unknown): void => {
  const { process: child } = message as { readonly process: ChildProcess }
  // esbuild of the TypeScript loader is no stage's: it serves all later imports
  if (!storage.getStore() || /\besbuild$/.test(child.spawnfile)) return
  started.add(child)
  child.once('exit', () => started.delete(child))
}

/** Those of them that still run. */
export const leftChildren = (): number[] => [...started].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))

/**
 * Guards the functions of `process` by which a stage would harm all that run beside it.
 *
 * @param refuse throws, and fails the stage
 * @param alone whether nothing runs beside it
 */
export function guardProcess(
  refuse: (what: string) => never,
  alone: boolean,
): { readonly undo: (() => void)[]; readonly afterEach: () => void } {
  const undo: (() => void)[] = []
  const guard = (key: string, inner: (outer: Free) => Free): void => {
    if (typeof (process as never)[key] === 'function')
      undo.push(perStage(process as never, key as never, inner as never))
  }
  guard('exit', () => (code) => refuse(`process.exit(${code === undefined ? '' : String(code)})`))
  for (const key of ['removeAllListeners', 'removeListener', 'off'])
    guard(key, (outer) => (...given) => {
      Reflect.apply(outer, process, given)
      putBack()
      return process
    })
  if (alone) return { undo, afterEach: () => {} }
  guard('reallyExit', () => (code) => refuse(`process.reallyExit(${code === undefined ? '' : String(code)})`))
  guard('abort', () => () => refuse('process.abort()'))
  guard('execve', () => () => refuse('process.execve()'))
  guard('kill', (outer) => (pid, signal = 'SIGTERM') => {
    if ((pid === process.pid || pid === 0) && deadly.has(nameOf(signal)))
      refuse(`process.kill(${pid === 0 ? 0 : 'process.pid'}, '${nameOf(signal)}')`)
    return Reflect.apply(outer, process, [pid, signal])
  })
  subscribe('child_process', note)
  undo.push(() => {
    unsubscribe('child_process', note)
    started.clear()
  })
  // both belong to the whole process: what a stage changes lasts no longer than the stage
  let folder: string | undefined
  let mask: number | undefined
  const chdir = process.chdir.bind(process)
  const umask = process.umask.bind(process)
  const start = process.cwd()
  guard('chdir', () => (to) => {
    chdir(to as string)
    folder = start
  })
  guard('umask', () => (...given) => {
    const before = Reflect.apply(umask, process, given) as number
    if (given[0] !== undefined) mask ??= before
    return before
  })
  const afterEach = () => {
    if (folder !== undefined) chdir(folder)
    if (mask !== undefined) umask(mask)
    folder = mask = undefined
  }
  return { undo, afterEach }
}
