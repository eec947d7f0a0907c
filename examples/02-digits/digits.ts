import { asset, file, is, main, map, pipeline, when } from 'millrace'
import { z } from 'zod'
import { analyse } from './src/stages/analyse.ts'
import { ingest } from './src/stages/ingest.ts'
import { monitor } from './src/stages/monitor.ts'
import { publish } from './src/stages/publish.ts'
import { report } from './src/stages/report.ts'
import { select } from './src/stages/select.ts'
import { shift } from './src/stages/shift.ts'
import { split } from './src/stages/split.ts'
import { train } from './src/stages/train.ts'
import { validate } from './src/stages/validate.ts'
import { Setting } from './src/values.ts'

const grid = [0.0001, 0.0003, 0.001, 0.003].flatMap((gamma) => [1, 10].map((c) => ({ gamma, c })))

export const digits = pipeline('digits', {
  input: z.object({
    data: file('application/gzip').default(asset(new URL('./data/digits.csv.gz', import.meta.url))),
    settings: z.array(Setting).min(1).default(grid),
    folds: z.int().min(2).default(5),
    floor: z.number().default(0.95).describe('accuracy below which no model is published'),
    ink: z.number().min(0).max(1).default(0.8).describe('how much ink the shifted batch keeps'),
  }),
  build: ({ data, settings, folds, floor, ink }) => {
    const halves = split({ table: ingest({ data }).table })
    const analysis = analyse(halves)

    // the training half chooses; the test half only says whether the choice is good enough
    const candidates = map(settings, (setting) => train({ table: halves.train, setting, folds }))
    const best = select({ candidates })
    const test = validate({ model: best.model, table: halves.test })

    const { setting, score, supportVectors, model } = best
    const release = when(
      is(test.accuracy, '>=', floor),
      () => publish({ setting, score, supportVectors, model, floor, test }).release,
    )

    const watch = { model, reference: halves.train }
    const control = monitor({ ...watch, batch: halves.test })
    const shifted = monitor({ ...watch, batch: shift({ table: halves.test, ink }).table })

    const { page } = report({ analysis, candidates, setting, floor, test, release, control, shifted })
    return {
      accuracy: test.accuracy,
      setting,
      model: release,
      drift: { control: control.alarm, shifted: shifted.alarm },
      report: page,
    }
  },
})

main(import.meta, digits)
