import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

conformance({ name: 'local', overrides: {}, atOnce: 100, dear: false, newRuntime: localPlace })
