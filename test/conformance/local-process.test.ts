import { localPlace } from './local.ts'
import { conformance } from './suite.ts'

const overrides = { isolate: 'process' } as const
conformance({ name: 'local, a process for each stage', overrides, atOnce: 100, dear: true, newRuntime: localPlace })
