import { file, stage } from 'millrace'
import { z } from 'zod'
import { readDigits, writeDigits } from '../table.ts'

/** The same digits from a badly adjusted scanner: fainter ink. */
export const shift = stage('shift', {
  input: z.object({ table: file('text/csv'), ink: z.number().min(0).max(1) }),
  output: z.object({ table: file('text/csv') }),
  run: ({ table, ink }, context) => {
    const batch = context.file('shifted.csv')
    const fainter = readDigits(table.path).map(({ pixels, label }) => ({
      pixels: pixels.map((value) => Math.round(value * ink)),
      label,
    }))
    writeDigits(batch.path, fainter)
    return { table: batch }
  },
})
