import { readFileSync, writeFileSync } from 'node:fs'

/** A handwritten digit: the ink of its 8x8 pixels, 0 to 1, row by row, and what it shows. */
export interface Digit {
  readonly pixels: readonly number[]
  readonly label: number
}

export function readDigits(path: string): Digit[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const numbers = line.split(',').map(Number)
    return { pixels: numbers.slice(0, 64).map((ink) => ink / 16), label: numbers[64] ?? Number.NaN }
  })
}

export function writeDigits(path: string, digits: readonly Digit[]): void {
  writeFileSync(
    path,
    digits.map(({ pixels, label }) => `${pixels.map((ink) => ink * 16).join(',')},${label}\n`).join(''),
  )
}
