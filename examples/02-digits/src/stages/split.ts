import { file, stage } from 'millrace'
import { z } from 'zod'
import { readDigits, writeDigits } from '../table.ts'

/** First half to train on, second half to test on, in the file's order: of 1,797 rows 899 and 898. */
export const split = stage('split', {
  input: z.object({ table: file('text/csv') }),
  output: z.object({ train: file('text/csv'), test: file('text/csv') }),
  run: ({ table }, context) => {
    const digits = readDigits(table.path)
    const half = Math.ceil(digits.length / 2)
    const train = context.file('train.csv')
    const test = context.file('test.csv')
    writeDigits(train.path, digits.slice(0, half))
    writeDigits(test.path, digits.slice(half))
    return { train, test }
  },
})
