import { test } from 'vitest'
import { endOf, onCluster, space } from '../support/cluster.ts'
import { oddValues } from '../support/odd-variables.ts'
import { finish } from '../support/processes.ts'

const program = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const env = ${JSON.stringify(oddValues)}
export const show = stage('show', {
  input: z.object({}),
  output: z.object({ all: z.record(z.string(), z.string()), own: z.boolean() }),
  env,
  resources: { cpu: 0.05, memory: '128Mi' },
  run: (_, context) => ({
    all: { ...context.env },
    own: Object.keys(env).every((name) => process.env[name] === context.env[name]),
  }),
})

main(import.meta, pipeline('variables', { input: z.object({}), build: () => show.with({ isolate: 'process' })() }))
`

onCluster('variables', () => {
  const here = space('variables')

  test('a pod gets the same text as a process here, whatever its characters', { timeout: 600_000 }, async ({
    expect,
  }) => {
    const compiled = await here.compile(program)
    await here.apply(compiled)
    const driver = await here.ended(compiled.driver)
    const log = (await here.ok(['logs', `job/${compiled.driver}`])).trimEnd().split('\n')
    expect(endOf(driver), log.at(-1)).toBe('Complete')
    const output = { all: oddValues, own: true }
    const local = await finish(compiled.program, ['--progress', 'quiet'], { timeout: 400_000 })
    expect(JSON.parse(local.stdout)).toEqual(output)
    const told = JSON.parse(log.at(-1) as string) as { readonly output: unknown }
    expect(told.output).toEqual(output)
  })
})
