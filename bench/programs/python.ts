import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { main, map, pipeline, python, stage } from 'millrace'
import { z } from 'zod'

const io = { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), resources: { cpu: 0.1 } }
export const script = python('script', { ...io, script: new URL('./python-stage.py', import.meta.url) })
export const typed = stage('typed', { ...io, run: ({ n }) => ({ n }) })

const input = z.object({ count: z.int() })
const numbers = stage('numbers', {
  input,
  output: z.object({ all: z.array(z.int()) }),
  run: ({ count }) => ({ all: Array.from({ length: count }, (_, n) => n) }),
})

export { numbers }
export const inPython = pipeline('in-python', {
  input,
  build: ({ count }) => ({ out: map(numbers({ count }).all, (n) => script({ n }).n) }),
})
export const inTypeScript = pipeline('in-typescript', {
  input,
  build: ({ count }) => ({ out: map(numbers({ count }).all, (n) => typed({ n }).n) }),
})

// how late this process hears a timer of 10 ms, from when the first script starts
let last = 0
let worst = 0
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess }
  // before it starts nothing is known of it
  queueMicrotask(() => {
    if (last === 0 && child.spawnfile.includes('python')) last = performance.now()
  })
})
setInterval(() => {
  const now = performance.now()
  if (last > 0) worst = Math.max(worst, now - last - 10)
  if (last > 0) last = now
}, 10).unref()
process.on('exit', () => {
  if (process.env.BEAT) process.stderr.write(`worst ${worst.toFixed(1)}\n`)
})
main(import.meta, inPython, inTypeScript)
