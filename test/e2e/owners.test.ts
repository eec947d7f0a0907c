import { test } from 'vitest'
import { endOf, onCluster, space } from '../support/cluster.ts'

const program = (last: string) => `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const first = stage('first', { ...options, run: ({ n }) => ({ n: n + 1 }) })
export const second = stage('second', { ...options, run: ({ n }) => ({ n: ${last} }) })

main(import.meta, pipeline('owned', {
  input: z.object({ n: z.int().default(1) }),
  build: ({ n }) => ({ n: second(first({ n })).n }),
}))
`

onCluster('owners', () => {
  const here = space('owners')

  test('deleting an old driver removes its run; what another run uses too lives on', { timeout: 600_000 }, async ({
    expect,
  }) => {
    const old = await here.compile(program('n * 2'))
    await here.apply(old)
    expect(endOf(await here.ended(old.driver))).toBe('Complete')
    const edited = await here.compile(program('n * 3'), { in: old.program })
    await here.apply(edited)
    expect(endOf(await here.ended(edited.driver))).toBe('Complete')
    expect(edited.jobs.first).toBe(old.jobs.first)

    const names = async () => (await here.list('jobs')).map(({ metadata }) => metadata.name).sort()
    const gone = (job: string) => here.until(`the end of ${job}`, async () => !(await names()).includes(job))
    await here.ok(['delete', 'job', old.driver])
    await gone(old.jobs.second as string)
    expect(await names()).toEqual([edited.driver, edited.jobs.first, edited.jobs.second].sort())
    await here.ok(['delete', 'job', edited.driver])
    await gone(edited.jobs.first as string)
    await gone(edited.jobs.second as string)
    expect(await names()).toEqual([])
  })
})
