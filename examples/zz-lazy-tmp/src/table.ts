import { readFileSync, writeFileSync } from 'node:fs'

/** One handwritten digit: the ink of its 8x8 pixels, 0 to 16, row by row, and what it says. */
export interface Digit {
  readonly pixels: readonly number[]
  readonly label: number
}

/** Lines of 64 pixels and a label. */
export const parseDigits = (text: string): Digit[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(',').map(Number))
    .map((row) => ({ pixels: row.slice(0, -1), label: row.at(-1) ?? Number.NaN }))

export const readDigits = (path: string): Digit[] => parseDigits(readFileSync(path, 'utf8'))

export const writeDigits = (path: string, digits: readonly Digit[]): void =>
  writeFileSync(path, digits.map(({ pixels, label }) => `${pixels.join(',')},${label}\n`).join(''))
