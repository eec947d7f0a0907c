import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { file, folder, stage } from 'millrace'
import { z } from 'zod'
import { readDigits, writeDigits } from './digits.ts'
import { accuracy, fit, type Model } from './softmax.ts'

export const Setting = z.object({ rate: z.number().positive(), epochs: z.int().min(1) })

const Candidate = z.object({ setting: Setting, score: z.number(), model: file('application/json') })

export const read = stage('read', {
  input: z.object({ data: file('application/gzip') }),
  output: z.object({ table: file('text/csv'), rows: z.int() }),
  run: ({ data }, context) => {
    const table = context.file('digits.csv')
    writeFileSync(table.path, gunzipSync(readFileSync(data.path)))
    const digits = readDigits(table.path)
    const bad = digits.findIndex(({ label }) => !(label >= 0 && label <= 9))
    if (bad >= 0) throw new Error(`row ${bad + 1} shows no digit`)
    return { table, rows: digits.length }
  },
})

/** In the order of the file: half to train on, a quarter to choose by, a quarter to test on. */
export const split = stage('split', {
  input: z.object({ table: file('text/csv') }),
  output: z.object({ train: file('text/csv'), choose: file('text/csv'), test: file('text/csv') }),
  run: ({ table }, context) => {
    const digits = readDigits(table.path)
    const part = (name: string, from: number, to: number) => {
      const rows = context.file(name)
      writeDigits(rows.path, digits.slice(Math.round(from * digits.length), Math.round(to * digits.length)))
      return rows
    }
    return { train: part('train.csv', 0, 0.5), choose: part('choose.csv', 0.5, 0.75), test: part('test.csv', 0.75, 1) }
  },
})

export const train = stage('train', {
  input: z.object({ rows: file('text/csv'), choose: file('text/csv'), setting: Setting }),
  output: Candidate,
  resources: { cpu: 1, memory: '256Mi' },
  run: ({ rows, choose, setting }, context) => {
    const fitted = fit(readDigits(rows.path), setting.rate, setting.epochs)
    const score = accuracy(fitted, readDigits(choose.path))
    context.metric('score', score)
    const model = context.file('model.json')
    writeFileSync(model.path, JSON.stringify(fitted))
    return { setting, score, model }
  },
})

export const select = stage('select', {
  input: z.object({ candidates: z.array(Candidate).min(1) }),
  output: Candidate,
  run: ({ candidates }) => candidates.reduce((best, one) => (one.score > best.score ? one : best)),
})

export const validate = stage('validate', {
  input: z.object({ model: file('application/json'), test: file('text/csv') }),
  output: z.object({ accuracy: z.number() }),
  run: ({ model, test }, context) => {
    const fitted: Model = JSON.parse(readFileSync(model.path, 'utf8'))
    const right = accuracy(fitted, readDigits(test.path))
    context.metric('accuracy', right)
    return { accuracy: right }
  },
})

export const publish = stage('publish', {
  input: z.object({ setting: Setting, accuracy: z.number(), model: file('application/json') }),
  output: z.object({ release: folder() }),
  run: ({ setting, accuracy, model }, context) => {
    const release = context.folder('digits-model')
    copyFileSync(model.path, join(release.path, 'model.json'))
    writeFileSync(join(release.path, 'card.json'), `${JSON.stringify({ setting, accuracy }, null, 2)}\n`)
    return { release }
  },
})
