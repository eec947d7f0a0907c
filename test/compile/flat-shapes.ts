import { main, pipeline } from 'millrace'
import { z } from 'zod'
import { bind, draw, inspect } from '../../examples/03-shapes/src/album.ts'
import { fit, score } from '../../examples/03-shapes/src/model.ts'

/** Stages of 03-shapes, without a map and without a condition. */
const album = pipeline('album', {
  input: z.object({ count: z.int(), purpose: z.string(), shake: z.number().default(0.8) }),
  build: ({ count, purpose, shake }) => {
    const page = (kind: string) => draw({ kind, count, purpose, shake })
    return bind({ pages: [page('circle'), page('square'), page('triangle')] })
  },
})

export const flat = pipeline('flat', {
  input: z.object({ count: z.int().default(20) }),
  build: ({ count }) => {
    const [learn, test] = [album({ count, purpose: 'learn' }), album({ count: 10, purpose: 'test', shake: 0.5 })]
    const seen = inspect({ album: learn.album })
    const { model } = fit.with({ after: [seen] })({ album: learn.album, neighbours: 3, kept: 4 })
    return { model, accuracy: score({ model, album: test.album }).accuracy, missing: learn.missing }
  },
})

main(import.meta, flat)
