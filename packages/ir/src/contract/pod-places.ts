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
} as const
