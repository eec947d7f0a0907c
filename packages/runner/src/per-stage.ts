import { AsyncLocalStorage } from 'node:async_hooks'
import type { StageFailure } from './failure.ts'

/** What the running code of one attempt can reach without being told: the console, `process.exit`, lost errors. */
export interface StageScope {
  readonly node: string
  print(text: string): void
  /** Ends the attempt as failed, now. */
  fail(failure: StageFailure): void
  /** Callbacks of what it wrote, to be called in the next tick. */
  written?: (() => void)[] | undefined
  /** Milliseconds of processor time of its code so far, where that is counted. */
  processor?: number
  /** What its code put in the place of properties that all stages of the process share. */
  replaced?: Map<object, unknown>
}

export const storage = new AsyncLocalStorage<StageScope>()

type Function = (...given: never[]) => unknown

/**
 * Makes a property of a shared object replaceable by each stage for itself alone, as tools that capture the console
 * do. Returns a function that undoes it.
 *
 * @param within makes the value for stages, until they replace it, from the value for all other code
 */
export function perStage<K extends string>(
  object: { [key in K]: Function },
  key: K,
  within: (outer: Function) => Function = (outer) => outer,
): () => void {
  const before = Object.getOwnPropertyDescriptor(object, key)
  let outer: Function = object[key]
  let inner = within(outer)
  const slot = {}
  Object.defineProperty(object, key, {
    configurable: true,
    enumerable: before?.enumerable ?? true,
    get() {
      const scope = storage.getStore()
      if (!scope) return outer
      return scope.replaced?.has(slot) ? scope.replaced.get(slot) : inner
    },
    set(value: Function) {
      const scope = storage.getStore()
      if (scope) {
        scope.replaced ??= new Map()
        scope.replaced.set(slot, value)
      } else {
        outer = value
        inner = within(value)
      }
    },
  })
  return () => {
    delete (object as { [key in K]?: Function })[key]
    if (before || object[key] !== outer) object[key] = outer
  }
}
