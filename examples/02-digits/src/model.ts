import { readFileSync, writeFileSync } from 'node:fs'
import { type Machine, rbf, vote } from './svm.ts'
import type { Digit } from './table.ts'

/** What is published: the support vectors and what each pair's machine makes of them. */
export interface Model {
  readonly gamma: number
  readonly vectors: readonly (readonly number[])[]
  readonly machines: readonly Machine[]
}

/** Keeps only the rows that some machine uses, renumbered. */
export function compact(gamma: number, digits: readonly Digit[], machines: readonly Machine[]): Model {
  const used = [...new Set(machines.flatMap(({ terms }) => terms.map(([row]) => row)))].sort((a, b) => a - b)
  const place = new Map(used.map((row, i) => [row, i]))
  return {
    gamma,
    vectors: used.map((row) => digits[row]?.pixels ?? []),
    machines: machines.map(({ terms, ...rest }) => ({
      ...rest,
      terms: terms.map(([row, weight]) => [place.get(row) as number, weight]),
    })),
  }
}

export function predict({ gamma, vectors, machines }: Model, pixels: readonly number[]): number {
  const kernel = vectors.map((vector) => rbf(vector, pixels, gamma))
  return vote(machines, (vector) => kernel[vector] as number)
}

export const accuracy = (model: Model, digits: readonly Digit[]): number =>
  digits.filter(({ pixels, label }) => predict(model, pixels) === label).length / digits.length

export const saveModel = (path: string, model: Model): void => writeFileSync(path, `${JSON.stringify(model)}\n`)
export const loadModel = (path: string): Model => JSON.parse(readFileSync(path, 'utf8')) as Model
