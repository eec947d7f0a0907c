import type { Node } from '../parse/syntax.ts'

/** What is known of a value while a pipeline is built. Where two may come, only what both are is known. */
export type Value =
  | { readonly kind: 'unknown' }
  /** A value to come, or what `is(…)` gives. */
  | { readonly kind: 'ref' }
  /** A stage or a pipeline. */
  | { readonly kind: 'callable' }
  /** What a module exports, or a field of that. */
  | { readonly kind: 'imported'; readonly from: string; readonly path: readonly string[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Value> }
  | { readonly kind: 'list'; readonly item: Value }
  | { readonly kind: 'function'; readonly node: Node }
