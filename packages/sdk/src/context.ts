import type { Resources } from '@millrace/ir'
import type { Draft } from './artifact.ts'

/** What a stage can use while it runs, besides its input. */
export interface Context {
  /** An artifact for the output; write its bytes to `path`. The name is relative and may hold folders: `plots/a.svg`. */
  file(name: string): Draft<'file', never>
  /** A folder for the output; it exists already, empty. */
  folder(name: string): Draft<'folder', never>
  /** Records a number; it belongs to the result and is replayed when the result is taken from the cache. */
  metric(name: string, value: number, step?: number): void
  /** Writes a line to the log of the stage, with values that JSON can carry. */
  log(message: string, data?: object): void
  /** Aborted when the run is cancelled or the attempt times out. */
  readonly signal: AbortSignal
  /** 32-bit unsigned, from the cache key: the same for the same work. */
  readonly seed: number
  /** What the stage really got; a laptop may have less than it asked for. */
  readonly resources: Resources
  /** Which process of a distributed stage this is: `index` from 0, of `count`. */
  readonly worker: { readonly index: number; readonly count: number }
  /** The stage's `env`, with its values. */
  readonly env: { readonly [name: string]: string }
  /** Which attempt this is: 1, 2, … */
  readonly attempt: number
}
