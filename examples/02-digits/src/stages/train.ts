import { file, stage } from 'millrace'
import { z } from 'zod'
import { compact, saveModel } from '../model.ts'
import { fit, rbf, vote } from '../svm.ts'
import { readDigits } from '../table.ts'
import { Score, Setting } from '../values.ts'

/** Fits one setting to all rows of the table, and scores it by cross-validation within the same rows. */
export const train = stage('train', {
  input: z.object({ table: file('text/csv'), setting: Setting, folds: z.int().min(2) }),
  output: Score.extend({ model: file('application/json') }),
  resources: { cpu: 1, memory: '256Mi' },
  timeout: '5m',
  run: ({ table, setting, folds }, context) => {
    const digits = readDigits(table.path)
    const labels = digits.map(({ label }) => label)
    const rows = digits.map((_, row) => row)
    const kernel = digits.map((a) => Float64Array.from(digits, (b) => rbf(a.pixels, b.pixels, setting.gamma)))
    const isRight = (machines: ReturnType<typeof fit>, row: number) =>
      vote(machines, (vector) => kernel[row]?.[vector] as number) === labels[row]

    // folds are blocks of the file: neighbours may be by one writer, who should not be on both sides
    const foldOf = (row: number) => Math.floor((row * folds) / rows.length)
    let right = 0
    for (let fold = 0; fold < folds; fold++) {
      const held = rows.filter((row) => foldOf(row) === fold)
      const others = rows.filter((row) => foldOf(row) !== fold)
      const machines = fit(kernel, labels, others, setting.c)
      const rightHere = held.filter((row) => isRight(machines, row)).length
      context.metric('fold-accuracy', rightHere / held.length, fold)
      right += rightHere
    }

    const fitted = compact(setting.gamma, digits, fit(kernel, labels, rows, setting.c))
    const model = context.file('model.json')
    saveModel(model.path, fitted)
    const score = right / rows.length
    context.metric('accuracy', score)
    context.metric('support-vectors', fitted.vectors.length)
    return { setting, score, supportVectors: fitted.vectors.length, model }
  },
})
