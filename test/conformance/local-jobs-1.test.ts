import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

conformance({
  name: 'local, one stage at a time',
  overrides: {},
  stages: 'in process',
  atOnce: 1,
  dear: false,
  beat: 30,
  newRuntime: () => localPlace({ jobs: 1 }),
})
