import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { endOf, onCluster, space } from '../support/cluster.ts'

const text = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

export const fine = stage('fine', {
  input: z.object({}), output: z.object({ n: z.int() }), resources: { cpu: 0.05, memory: '128Mi' }, run: () => ({ n: 7 }),
})
main(import.meta, pipeline('large', { input: z.object({ text: z.string() }), build: () => fine() }))
`

onCluster('large plans', () => {
  const here = space('large-plan')

  test('a plan in several ConfigMaps is run', { timeout: 600_000 }, async ({ expect }) => {
    const given = JSON.stringify({ text: randomBytes(1_500_000).toString('base64') })
    const compiled = await here.compile(
      { 'program.ts': text, 'given.json': given },
      { args: ['--params', 'given.json'] },
    )
    await here.apply(compiled)
    expect(endOf(await here.ended(compiled.driver))).toBe('Complete')
    const parts = (await here.list('configmaps')).map(({ metadata }) => metadata.name.replace(/-[0-9a-f]{12}/, ''))
    expect(parts.filter((name) => name.includes('-plan'))).toEqual(['large-plan-1', 'large-plan-2'])
    const events = await here.events(compiled.driver)
    expect(events.at(-1)).toMatchObject({ event: 'run.finished', status: 'succeeded', output: { n: 7 } })
  })
})
