import { file, stage } from 'millrace'
import { z } from 'zod'
import { accuracy, loadModel } from '../model.ts'
import { type Digit, readDigits } from '../table.ts'
import { Drift } from '../values.ts'

/** Compares a batch with what the model was trained on, pixel by pixel; one pixel above the limit is an alarm. */
export const monitor = stage('monitor', {
  input: z.object({
    model: file('application/json'),
    reference: file('text/csv'),
    batch: file('text/csv'),
    /** By convention: below 0.1 stable, above 0.25 a shift. */
    limit: z.number().default(0.25),
  }),
  output: Drift,
  run: (input, context) => {
    const reference = readDigits(input.reference.path)
    const batch = readDigits(input.batch.path)
    const psi = Array.from({ length: 64 }, (_, pixel) => stability(shares(reference, pixel), shares(batch, pixel)))
    const worst = Math.max(...psi)
    const alarm = worst > input.limit
    context.metric('worst-psi', worst)
    if (alarm) context.log(`alarm: ${psi.filter((value) => value > input.limit).length} of 64 pixels have drifted`)
    return {
      psi,
      limit: input.limit,
      alarm,
      accuracy: accuracy(loadModel(input.model.path), batch),
      sample: [...(batch[0]?.pixels ?? [])],
    }
  },
})

/** Population stability index: 0 for equal shares, and more the further they are apart. */
const stability = (expected: readonly number[], actual: readonly number[]): number =>
  expected.reduce((sum, share, bin) => {
    const now = actual[bin] as number
    return sum + (now - share) * Math.log(now / share)
  }, 0)

/** The share of each bin of ink: none, 1 to 4, 5 to 8, 9 to 12, 13 to 16; half a digit more in each, so none is 0. */
function shares(digits: readonly Digit[], pixel: number): number[] {
  const counts = [0.5, 0.5, 0.5, 0.5, 0.5]
  for (const { pixels } of digits) {
    const bin = Math.ceil((pixels[pixel] as number) / 4)
    counts[bin] = (counts[bin] as number) + 1
  }
  return counts.map((count) => count / (digits.length + 2.5))
}
