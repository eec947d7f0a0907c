import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

conformance({
  name: 'local',
  overrides: {},
  stages: 'in process',
  atOnce: 100,
  dear: false,
  beat: 30,
  newRuntime: localPlace,
})
