import { file, stage } from 'millrace'
import { z } from 'zod'
import { loadModel, predict } from '../model.ts'
import { readDigits } from '../table.ts'
import { Test } from '../values.ts'

/** How well a model does on digits that it has not seen. */
export const validate = stage('validate', {
  input: z.object({ model: file('application/json'), table: file('text/csv') }),
  output: Test,
  run: (input, context) => {
    const model = loadModel(input.model.path)
    const answers = readDigits(input.table.path).map(({ pixels, label }) => ({
      actual: label,
      predicted: predict(model, pixels),
      pixels: [...pixels],
    }))
    const mistakes = answers.filter(({ actual, predicted }) => actual !== predicted)
    const count = (actual: number, predicted: number) =>
      answers.filter((answer) => answer.actual === actual && answer.predicted === predicted).length
    const classes = [...Array(10).keys()]
    const accuracy = (answers.length - mistakes.length) / answers.length
    context.metric('accuracy', accuracy)
    return { accuracy, confusion: classes.map((row) => classes.map((column) => count(row, column))), mistakes }
  },
})
