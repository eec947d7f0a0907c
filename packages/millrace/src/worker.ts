import module from 'node:module'

// before anything else is read, as what was compiled before is kept: a third of the time that a worker takes to start
module.enableCompileCache?.()
await import('./worker-stages.ts')
