/** One thing that a prune removed, or would. */
export interface Pruned {
  readonly kind: 'run' | 'result' | 'attempt' | 'litter'
  /** A run's id, a result's key or pack, `<node>/<attempt>`, a path in the store. */
  readonly name: string
  readonly why: string
  /** More than 1 for the results of a pack. */
  readonly count: number
  readonly bytes: number
}
