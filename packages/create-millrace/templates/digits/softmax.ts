import type { Digit } from './digits.ts'

/** Softmax regression: for each class a weight per pixel, and its bias last. */
export type Model = number[][]

/** Stochastic gradient descent, in the order of the digits: the same digits give the same model. */
export function fit(digits: readonly Digit[], rate: number, epochs: number): Model {
  const model = Array.from({ length: 10 }, () => new Array<number>(65).fill(0))
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const { pixels, label } of digits) {
      const inputs = [...pixels, 1]
      for (const [digit, probability] of probabilities(model, inputs).entries()) {
        const step = rate * (probability - (digit === label ? 1 : 0))
        model[digit] = (model[digit] ?? []).map((weight, i) => weight - step * (inputs[i] ?? 0))
      }
    }
  return model
}

export function predict(model: Model, pixels: readonly number[]): number {
  const scores = probabilities(model, [...pixels, 1])
  return scores.indexOf(Math.max(...scores))
}

export function accuracy(model: Model, digits: readonly Digit[]): number {
  return digits.filter(({ pixels, label }) => predict(model, pixels) === label).length / digits.length
}

function probabilities(model: Model, inputs: readonly number[]): number[] {
  const scores = model.map((weights) => weights.reduce((sum, weight, i) => sum + weight * (inputs[i] ?? 0), 0))
  const highest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - highest))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}
