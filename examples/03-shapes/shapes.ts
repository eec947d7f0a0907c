import { folder, is, main, map, pipeline, when } from 'millrace'
import { z } from 'zod'
import { bind, draw, inspect } from './src/album.ts'
import { choose, confuse, fit, guess, score } from './src/model.ts'
import { decline, publish, report } from './src/report.ts'

/** Called twice: for what to learn from, and for what to be tested with. */
export const collect = pipeline('collect', {
  input: z.object({ kinds: z.array(z.string()), count: z.int(), purpose: z.string() }),
  build: ({ kinds, count, purpose }) => {
    // a kind that nobody can draw is `null` in the list, and the run goes on
    const pages = map(kinds, (kind) => draw({ kind, count, purpose }), { failures: 'allow' })
    return bind({ pages })
  },
})

/** Called for each setting: a pipeline in a map in a map. */
export const trial = pipeline('trial', {
  input: z.object({ learn: folder(), test: folder(), neighbours: z.int(), kept: z.int().default(8) }),
  build: ({ learn, test, neighbours, kept }) => {
    const { model } = fit({ album: learn, neighbours, kept })
    return { model, accuracy: score({ model, album: test }).accuracy, neighbours, kept }
  },
})

export const shapes = pipeline('shapes', {
  input: z.object({
    kinds: z.array(z.string()).default(['circle', 'square', 'triangle', 'heart']),
    neighbours: z.array(z.int().positive()).default([1, 5, 15]),
    kept: z.array(z.int().min(2)).default([2, 8]),
    sketches: z.array(z.string()).default([]),
    floor: z.number().default(0.9).describe('accuracy from which the model is published'),
    detailed: z.boolean().default(false),
  }),
  build: ({ kinds, neighbours, kept, sketches, floor, detailed }) => {
    const learn = collect({ kinds, count: 40, purpose: 'learn' })
    const test = collect({ kinds, count: 20, purpose: 'test' })
    const inspected = inspect({ album: test.album })

    // a map in a map: trials is a list of lists, and so is trials.accuracy
    const trials = map(kept, (size) =>
      map(neighbours, (n) => trial({ learn: learn.album, test: test.album, neighbours: n, kept: size }), {
        concurrency: 2,
      }),
    )
    const best = choose({ trials })
    const { model, accuracy } = best

    // without an else it may be absent: report's title has a default, its table is optional
    const detail = when(detailed, () => confuse({ model, album: test.album }))

    // with an else there is always a verdict; publish also waits for the inspection, of which it reads nothing
    const verdict = when(
      is(accuracy, '>=', floor),
      () => publish.with({ retries: 2, timeout: '1m', after: [inspected] })({ model }).verdict,
      () => decline({ accuracy, floor }).verdict,
    )

    // no sketches, no calls: an empty list
    const guesses = map(sketches, (kind, number) => guess({ model, kind, number }).text)

    const { page } = report({ title: detail.title, table: detail.table, accuracies: trials.accuracy, guesses, verdict })
    return {
      accuracy,
      neighbours: best.neighbours,
      kept: best.kept,
      verdict,
      guesses,
      missing: learn.missing,
      table: detail.table,
      page,
    }
  },
})

main(import.meta, shapes)
