/** A map whose items take a while, two at once, and the sum of their squares. */
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
