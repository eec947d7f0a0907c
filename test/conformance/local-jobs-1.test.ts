import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

const newRuntime = () => localPlace({ jobs: 1 })
conformance({ name: 'local, one stage at a time', overrides: {}, atOnce: 1, dear: false, newRuntime })
