import { join } from 'node:path'
import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { on } from './here.ts'
import { type Kind, type Place, unless } from './runtime.ts'
import { next, waits } from './stages/trouble.ts'

export function cancel(newPlace: () => Place, kind: Kind): void {
  const signal = unless(kind.without?.signal)
  const order = unless(kind.without?.signal, test.skipIf(kind.dear))

  const waiting = pipeline('waiting', {
    input: z.object({ path: z.string() }),
    build: ({ path }) => {
      const { n } = on(next)({ n: 0 })
      const all = map([1, 2, 3, 4], (after) => on(waits, { retries: 2 })({ path, after: [n, after] }))
      return { n, end: on(next, { after: [all] })({ n: 10 }).n }
    },
  })

  signal('aborting the signal ends the run soon, and running it again goes on', async () => {
    const place = newPlace()
    const controller = new AbortController()
    const path = join(place.world, 'go')
    let [began, ended] = [0, 0]
    const first = await place.run(
      waiting,
      { path },
      {
        signal: controller.signal,
        onEvent: (at) => {
          if (at.event === 'stage.started' && at.node === 'waits' && began === 0) {
            began = performance.now()
            // a stage has begun once its process has
            setTimeout(() => controller.abort(), 300)
          }
          if (at.event === 'run.finished') ended = performance.now()
        },
      },
    )
    // before the grace of 10 s is over
    expect([first.status, ended - began < 9500]).toEqual(['cancelled', true])
    const lines = told(first.events)
    expect(lines.slice(0, 2)).toEqual(['next started', 'next succeeded'])
    const begun = lines.filter((line) => /^waits.*started/.test(line)).length
    expect(lines.filter((line) => line.endsWith('cancelled')).length).toBe(begun)
    expect(lines.some((line) => line.startsWith('next.2'))).toBe(false)

    await place.put('go', '')
    const second = await place.run(waiting, { path })
    expect([second.status, second.run, second.output]).toEqual(['succeeded', first.run, { n: 1, end: 11 }])
    expect(told(second.events)).toContain('next cached')
  })

  signal('a signal that was aborted before lets nothing start', async () => {
    const place = newPlace()
    const { status, events } = await place.run(waiting, { path: 'nowhere' }, { signal: AbortSignal.abort() })
    expect([status, events.map(({ event }) => event)]).toEqual(['cancelled', ['run.started', 'run.finished']])
  })

  order('a signal that is never aborted, and one aborted after the end, change nothing', async () => {
    const place = newPlace()
    const controller = new AbortController()
    const path = await place.put('go', '')
    const { status, output } = await place.run(waiting, { path }, { signal: controller.signal })
    controller.abort()
    expect([status, output]).toEqual(['succeeded', { n: 1, end: 11 }])
  })
}
