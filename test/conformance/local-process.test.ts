import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

conformance({
  name: 'local, a process for each stage',
  overrides: { isolate: 'process' },
  stages: 'beside',
  atOnce: 100,
  dear: true,
  beat: 30,
  newRuntime: localPlace,
})
