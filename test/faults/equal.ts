import type { Campaign } from './campaign.ts'
import { same } from './campaign.ts'

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({ n: z.number() }), output: z.object({ n: z.number() }), run: ({ n }) => ({ n: n + 1 }) })
export const p = pipeline('p', { input: z.object({}), build: () => one({ n: 1 }) })
main(import.meta, p)
`
export const equal: Campaign = {
  name: 'equal',
  what: 'smoke',
  sample: 4,
  full: 10,
  async perform({ write, run }) {
    write(text)
    const { code, stdout, stderr } = await run()
    same(stderr, [code, stdout], [0, '{"n":2}\n'])
    return undefined
  },
}
