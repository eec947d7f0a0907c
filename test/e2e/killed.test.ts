import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { endOf, onCluster, space } from '../support/cluster.ts'
import { slow } from './programs.ts'

const rounds = Number(process.env.MILLRACE_E2E_ROUNDS ?? 0)

/** A campaign: each round is a run whose driver is killed at some moments. */
const campaign = rounds > 0 ? onCluster : describe.skip

campaign('killed', () => {
  const here = space('killed')

  test.each(Array.from({ length: Math.max(1, rounds) }, (_, round) => round))(
    'round %i',
    { timeout: 600_000 },
    async (round) => {
      const list = [1, 2, 3].map((n) => round * 10 + n)
      const args = ['--param', `list=${JSON.stringify(list)}`]
      const { driver, jobs, ...compiled } = await here.compile(slow(`killed-${round}`, 1), { args })
      await here.apply({ driver, jobs, ...compiled })
      const kills = 1 + (round % 3)
      const moments: number[] = []
      for (let kill = 0; kill < kills; kill++) {
        moments.push(Math.random() * 12_000)
        await sleep(moments.at(-1))
        const pods = (await here.podsOf(driver)).filter(({ status }) => ['Pending', 'Running'].includes(status.phase))
        for (const { metadata } of pods)
          await here.kubectl(['delete', 'pod', metadata.name, '--grace-period=0', '--force'])
      }
      const job = await here.ended(driver)
      const events = await here.events(driver)
      const told = `killed after ${moments.map(Math.round)} ms\n${events.map((event) => JSON.stringify(event)).join('\n')}`
      const sum = list.reduce((all, n) => all + n * n, 0)
      expect(events.at(-1), told).toMatchObject({ event: 'run.finished', status: 'succeeded', output: { sum } })
      expect(endOf(job), told).toBe('Complete')
      const markers = `fs.readdirSync('nodes/${jobs.step}/done').map((name) => name.split('-')[0]).sort()`
      expect(await here.inStore(markers), told).toEqual(['0', '1', '2'])
    },
  )
})
