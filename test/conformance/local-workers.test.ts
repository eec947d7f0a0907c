import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

// a test runner's own processes run all themselves
for (const name of ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT']) delete process.env[name]
// no call is light
process.env.MILLRACE_LIGHT = '0'

conformance({
  name: 'local, warm workers',
  overrides: {},
  stages: 'beside',
  atOnce: 100,
  dear: false,
  beat: 30,
  newRuntime: localPlace,
})
