import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { file, stage } from 'millrace'
import { z } from 'zod'
import { type Digit, parseDigits, writeDigits } from '../table.ts'

/** Reads the data and lets through only what the later stages can rely on. */
export const ingest = stage('ingest', {
  input: z.object({ data: file('application/gzip') }),
  output: z.object({ table: file('text/csv'), rows: z.int() }),
  run: ({ data }, context) => {
    const digits = parseDigits(gunzipSync(readFileSync(data.path)).toString())
    const wrong = digits.findIndex((digit) => !isDigit(digit))
    if (wrong >= 0) throw new Error(`line ${wrong + 1} is not 64 pixels from 0 to 16 and a digit from 0 to 9`)
    context.log(`${digits.length} digits, all well formed`)
    const table = context.file('digits.csv')
    writeDigits(table.path, digits)
    return { table, rows: digits.length }
  },
})

const isDigit = ({ pixels, label }: Digit): boolean =>
  pixels.length === 64 && pixels.every((ink) => isWhole(ink, 16)) && isWhole(label, 9)

const isWhole = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max
