import { file, stage } from 'millrace'
import { z } from 'zod'
import { type Digit, readDigits } from '../table.ts'
import { Analysis } from '../values.ts'

/** Counts the digits of both halves; looks at pixels only in the training half. */
export const analyse = stage('analyse', {
  input: z.object({ train: file('text/csv'), test: file('text/csv') }),
  output: Analysis,
  run: (input) => {
    const train = readDigits(input.train.path)
    const test = readDigits(input.test.path)
    const inks = Array.from({ length: 64 }, (_, pixel) => train.map(({ pixels }) => pixels[pixel] as number))
    return {
      balance: classes.map((digit) => ({ digit, train: count(train, digit), test: count(test, digit) })),
      mean: inks.map(mean),
      deviation: inks.map(deviation),
      samples: [0, 1].flatMap((nth) => classes.flatMap((digit) => sample(train, digit, nth))),
    }
  },
})

const classes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

const count = (digits: readonly Digit[], label: number) => digits.filter((digit) => digit.label === label).length

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const deviation = (values: readonly number[]) => {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

const sample = (digits: readonly Digit[], label: number, nth: number) =>
  digits
    .filter((digit) => digit.label === label)
    .slice(nth, nth + 1)
    .map(({ pixels }) => [...pixels])
