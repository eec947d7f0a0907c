import { readFileSync, writeFileSync } from 'node:fs'
import { file, folder, stage } from 'millrace'
import { z } from 'zod'
import { readAlbum } from './album.ts'
import { drawOne, outlines, randomFrom } from './drawing.ts'
import { classify, features, type Model } from './nearest.ts'

const ModelFile = file('application/json')
const readModel = (path: string): Model => JSON.parse(readFileSync(path, 'utf8')) as Model

export const fit = stage('fit', {
  input: z.object({ album: folder(), neighbours: z.int().positive(), kept: z.int().min(2) }),
  output: z.object({ model: ModelFile }),
  run: ({ album, neighbours, kept }, context) => {
    const examples = readAlbum(album.path).map((one) => ({ kind: one.kind, features: features(one.distances, kept) }))
    const model = context.file('model.json')
    writeFileSync(model.path, JSON.stringify({ neighbours, kept, examples } satisfies Model))
    return { model }
  },
})

export const score = stage('score', {
  input: z.object({ model: ModelFile, album: folder() }),
  output: z.object({ accuracy: z.number() }),
  run: ({ model, album }, context) => {
    const trained = readModel(model.path)
    const drawings = readAlbum(album.path)
    const right = drawings.filter(({ kind, distances }) => classify(trained, distances) === kind).length
    const accuracy = right / drawings.length
    context.metric('accuracy', accuracy)
    return { accuracy }
  },
})

const Trial = z.object({ model: ModelFile, accuracy: z.number(), neighbours: z.int(), kept: z.int() })

/** Takes the best trial; its model is handed on, not copied. */
export const choose = stage('choose', {
  input: z.object({ trials: z.array(z.array(Trial)) }),
  output: Trial,
  run: ({ trials }) => {
    const [best] = trials.flat().sort((a, b) => b.accuracy - a.accuracy)
    if (!best) throw new Error('there is nothing to choose from')
    return best
  },
})

/** How often each kind was taken for another. */
export const confuse = stage('confuse', {
  input: z.object({ model: ModelFile, album: folder() }),
  output: z.object({ title: z.string(), table: file('text/markdown') }),
  run: ({ model, album }, context) => {
    const trained = readModel(model.path)
    const rows = new Map<string, Map<string, number>>()
    for (const { kind, distances } of readAlbum(album.path)) {
      const row = rows.get(kind) ?? new Map<string, number>()
      const guess = classify(trained, distances)
      rows.set(kind, row.set(guess, (row.get(guess) ?? 0) + 1))
    }
    const kinds = [...rows.keys()]
    const lines = [
      ['drawn', ...kinds],
      kinds.map(() => '---').concat('---'),
      ...kinds.map((kind) => [kind, ...kinds.map((guess) => String(rows.get(kind)?.get(guess) ?? 0))]),
    ]
    const table = context.file('confusion.md')
    writeFileSync(table.path, lines.map((cells) => `| ${cells.join(' | ')} |\n`).join(''))
    return { title: 'Shapes, with every mistake', table }
  },
})

/** Draws one more shape and says what it is taken for. */
export const guess = stage('guess', {
  input: z.object({ model: ModelFile, kind: z.string(), number: z.int() }),
  output: z.object({ text: z.string() }),
  run: ({ model, kind, number }, { seed }) => {
    const drawing = drawOne(outlines[kind] ?? (() => 1), 0.3, randomFrom(seed))
    return { text: `${number + 1}: ${kind} looks like a ${classify(readModel(model.path), drawing)}` }
  },
})
