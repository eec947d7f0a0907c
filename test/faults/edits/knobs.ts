/** What the program computes with; each edit that changes a result sets one of these. */
export const knobs = {
  /** Defaults of the parameters, or what is given for them. */
  list: [1, 2] as readonly number[],
  more: 10,
  data: 'input',
  /** `scale`: `n * by + plus`. */
  by: 2,
  plus: 0,
  /** `tally`: with `each` for every number. */
  start: 1,
  limit: 5,
  each: 0,
  /** `parity`: `(n + odd) % 2`. */
  odd: 0,
  words: 'words',
  level: 'low',
  mode: 'fast',
  env: {} as Readonly<Record<string, string>>,
  /** Files in the folder that `tables` counts, and the default of its step. */
  tables: 2,
  step: 0,
  /** `packed`: `n + rounded + shifted`. */
  rounded: 0,
  shifted: 2,
  later: 1,
  times: 3,
  offset: 0,
  threshold: 100,
  /** What is wired into calls. */
  made: 5,
  tablesFrom: 'value' as 'value' | 'step' | 'parity',
  /** Calls that come or go. */
  inserted: false,
  chained: false,
  twin: false,
  kept: true,
  wrapped: false,
  after: false,
  /** Names of stages that are another. */
  packed: 'packed',
  pipeline: 'work',
  total: 'sum',
  uncached: '',
}

export type Knobs = typeof knobs
