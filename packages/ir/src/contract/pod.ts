/** Where things lie in a pod. */
export const podPlaces = {
  runner: '/millrace/runner',
  driver: '/millrace/driver',
  code: '/millrace/code',
  plan: '/millrace/plan',
  inputs: '/millrace/inputs',
  /** The whole store: a stage's pod can only read it. */
  store: '/millrace/store',
  /** What a stage's pod can write of it: its Job's folder. */
  own: '/millrace/own',
  /** What is written here last Kubernetes shows as the container's last word. */
  termination: '/dev/termination-log',
} as const

/** Names of the files in these places; all are gzipped. */
export const podFiles = {
  runner: 'runner.mjs.gz',
  driver: 'driver.mjs.gz',
  /** An archive with `stage.mjs` and its assets. */
  code: 'code.gz',
  /** A ClusterPlan. */
  plan: 'plan.json.gz',
  /** An archive of the files that are parameters or assets. */
  inputs: 'inputs.gz',
} as const

/** Variables by which a pod knows what it is. */
export const podVariables = {
  job: 'MILLRACE_JOB',
  jobUid: 'MILLRACE_JOB_UID',
  /** Of a stage's pod. */
  pod: 'MILLRACE_POD_UID',
  code: 'MILLRACE_CODE',
  /** Given by Kubernetes to the pods of an Indexed Job. */
  completionIndex: 'JOB_COMPLETION_INDEX',
  /** Of a driver's pod. */
  plan: 'MILLRACE_PLAN',
  namespace: 'MILLRACE_NAMESPACE',
} as const

export const labelNames = {
  pipeline: 'millrace.dev/pipeline',
  stage: 'millrace.dev/stage',
  component: 'app.kubernetes.io/component',
} as const

export const annotationNames = {
  nodeKey: 'millrace.dev/node-key',
  /** The call's number among calls whose Jobs would be equal. */
  ordinal: 'millrace.dev/ordinal',
  /** What became of a Job, when its reviewed values were put back. */
  state: 'millrace.dev/state',
} as const

/** Exit code of a stage's process for what no other attempt could end otherwise (contracts: stage). */
export const dataError = 65

/** Exit code of a driver whose run failed; Node itself ends with small ones. */
export const failedRun = 100

/** Most completions of an Indexed Job (Kubernetes API, batch/v1). */
export const mostCompletions = 100_000
