import './compiled-code.ts'

// only now: what was compiled before is a third of what a worker takes to start
await import('./worker-stages.ts')
