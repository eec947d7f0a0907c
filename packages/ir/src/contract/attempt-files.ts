/** Names in the folder of an attempt that runs as a process or a pod (contracts: stage). */
export const attemptFileNames = {
  input: 'input.json',
  output: 'output.json',
  files: 'files',
  /** Values that a process writes to files of their own. */
  values: 'values',
  metrics: 'metrics.jsonl',
  done: 'done.json',
  /** Why the attempt failed, as our own runners tell it. */
  failure: 'failure.json',
  /** What a pod printed, and what its stage logged by `context.log`. */
  log: 'log.txt',
  lines: 'log.jsonl',
} as const

/** Variables of a stage's process (contracts: stage). */
export const stageVariables = {
  input: 'MILLRACE_INPUT',
  output: 'MILLRACE_OUTPUT',
  files: 'MILLRACE_FILES',
  metrics: 'MILLRACE_METRICS',
  attempt: 'MILLRACE_ATTEMPT_ID',
  seed: 'MILLRACE_SEED',
} as const

/** How long what was told to end after its timeout may go on (contracts: stage), in milliseconds. */
export const killAfter = 1000
