import type { rolldown } from 'rolldown'
import type { ResolverFactory, resolveTsconfig } from 'rolldown/experimental'
import type { parseSync, TsconfigCache } from 'rolldown/utils'

/** The version of rolldown whose printed code the digests are taken over. Another version recomputes everything. */
export const printerVersion = '1.3.2'

/** Counts for `millrace` in every code digest; raised when our contract with a stage's code changes. */
export const contractNumber = 1

export interface Tools {
  readonly rolldown: typeof rolldown
  readonly parseSync: typeof parseSync
  readonly resolveTsconfig: typeof resolveTsconfig
  readonly TsconfigCache: typeof TsconfigCache
  readonly ResolverFactory: typeof ResolverFactory
}

let loading: Promise<Tools> | undefined

/** Loads rolldown once; it costs 100 ms, so only what misses the cache asks for it. */
export function loadTools(): Promise<Tools> {
  loading ??= Promise.all([import('rolldown'), import('rolldown/utils'), import('rolldown/experimental')]).then(
    ([bundler, utils, experimental]) => ({
      rolldown: bundler.rolldown,
      parseSync: utils.parseSync,
      resolveTsconfig: experimental.resolveTsconfig,
      TsconfigCache: utils.TsconfigCache,
      ResolverFactory: experimental.ResolverFactory,
    }),
  )
  return loading
}
