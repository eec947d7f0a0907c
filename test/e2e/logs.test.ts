import { test } from 'vitest'
import { onCluster, space } from '../support/cluster.ts'
import { finish } from '../support/processes.ts'
import { atGate } from './programs.ts'

const program = `import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const talk = stage('talk', { ...options, run: async ({ n }, { log, signal }) => {
  console.log(\`\${n} begins\`)
  log('and goes on')
  ${atGate("'logs'", 'signal')}
  console.log('the end')
  return { n }
} })
export const quiet = stage('quiet', { ...options, run: ({ n }) => ({ n }) })

main(import.meta, pipeline('logs', {
  input: z.object({ list: z.array(z.int()).default([1, 2]) }),
  build: ({ list }) => ({ all: map(list, (n) => talk({ n }).n), quiet: quiet({ n: 1 }).n }),
}))
`

onCluster('logs', () => {
  const here = space('logs')

  test('runs logs reads the pods, also while they run', { timeout: 600_000 }, async ({ expect }) => {
    const { driver, jobs, program: folder, ...compiled } = await here.compile(program)
    await here.apply({ driver, jobs, program: folder, ...compiled })
    const logs = async (...words: string[]) => {
      const { code, stdout, stderr } = await finish(folder, ['runs', 'logs', ...words, '--environment', 'cluster'], {
        env: { KUBECONFIG: process.env.KUBECONFIG },
      })
      return [code, stdout.replaceAll(`${jobs.talk}`, 'talk'), stderr]
    }
    expect(await logs('quite')).toEqual([
      2,
      '',
      'error[unknown-stage]: the pipeline "logs" has no stage "quite" (did you mean "quiet"?)\n  fix: Use one of: talk, quiet.\n',
    ])
    const so = 'talk-0 | 1 begins\ntalk-0 | and goes on\ntalk-1 | 2 begins\ntalk-1 | and goes on\n'
    const sorted = (text: unknown) => String(text).split('\n').sort().join('\n')
    let running: unknown
    await here
      .until('the first lines', async () => {
        running = (await logs('talk'))[1]
        return sorted(running).includes('talk-1 | and goes on') && sorted(running).includes('talk-0 | and goes on')
      })
      .catch((error: Error) => expect(running, error.message).toBe(so))
    expect(sorted(running)).toBe(sorted(so))
    await here.open('logs')
    await here.ended(driver)
    const [code, stdout] = await logs()
    expect([code, sorted(stdout)]).toEqual([0, sorted(`${so}talk-0 | the end\ntalk-1 | the end\n`)])
    await here.ok(['delete', 'jobs', '--all', '--cascade=foreground'])
    expect(await logs('talk')).toEqual([0, '', `no pod of talk is in the namespace ${here.name}\n`])
  })
})
