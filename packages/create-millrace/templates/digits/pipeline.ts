import { asset, file, is, main, map, pipeline, when } from 'millrace'
import { z } from 'zod'
import { publish, read, Setting, select, split, train, validate } from './stages.ts'

const settings = [0.01, 0.1].flatMap((rate) => [5, 20].map((epochs) => ({ rate, epochs })))

export const digits = pipeline('digits', {
  input: z.object({
    data: file('application/gzip')
      .default(asset(new URL('./data/digits.csv.gz', import.meta.url)))
      .describe('images and what they show'),
    settings: z.array(Setting).min(1).default(settings).describe('what to try'),
    floor: z.number().min(0).max(1).default(0.85).describe('accuracy below which no model is published'),
  }),
  build: ({ data, settings, floor }) => {
    const { train: rows, choose, test } = split({ table: read({ data }).table })
    const candidates = map(settings, (setting) => train({ rows, choose, setting }))
    const { setting, model } = select({ candidates })
    const { accuracy } = validate({ model, test })
    const release = when(is(accuracy, '>=', floor), () => publish({ setting, accuracy, model }).release)
    return { accuracy, setting, release }
  },
})

main(import.meta, digits)
