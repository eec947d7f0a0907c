/** Waits in a stage until a file is in the store: what a test does meanwhile may take as long as it takes. */
export const atGate = (path: string, signal: string): string =>
  `while (!existsSync('/millrace/store/' + ${path})) await sleep(100, undefined, { signal: ${signal} })`

/** A map of two items at once, and the sum of their squares. Those that are to wait do so until the gate of that name is open. */
export const gated = (name: string) => `import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const step = stage('step', {
  ...options, input: z.object({ n: z.int(), waits: z.boolean() }),
  run: async ({ n, waits }, { signal }) => {
    if (waits) ${atGate(`'${name}'`, 'signal')}
    return { n: n * n }
  },
})
export const last = stage('last', {
  ...options, input: z.object({ list: z.array(z.int()) }), run: ({ list }) => ({ n: list.reduce((a, b) => a + b, 0) }),
})

main(import.meta, pipeline('${name}', {
  input: z.object({ list: z.array(z.object({ n: z.int(), waits: z.boolean() })) }),
  build: ({ list }) => ({
    sum: last({ list: map(list, ({ n, waits }) => step({ n, waits }), { concurrency: 2 }).n }).n,
  }),
}))
`

/** The same with items that take a while. */
export const slow = (name: string, seconds: number) => `import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const step = stage('step', { ...options, run: async ({ n }) => (await sleep(${seconds * 1000}), { n: n * n }) })
export const last = stage('last', {
  ...options, input: z.object({ list: z.array(z.int()) }), run: ({ list }) => ({ n: list.reduce((a, b) => a + b, 0) }),
})

main(import.meta, pipeline('${name}', {
  input: z.object({ list: z.array(z.int()).default([1, 2, 3]) }),
  build: ({ list }) => ({ sum: last({ list: map(list, (n) => step({ n }), { concurrency: 2 }).n }).n }),
}))
`
