import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { file, folder, stage } from 'millrace'
import { z } from 'zod'
import { percent } from '../percent.ts'
import { Score, Test } from '../values.ts'

/** A folder to hand out: the model and its card. It touches nothing outside, so the result can be cached. */
export const publish = stage('publish', {
  input: Score.extend({ model: file('application/json'), floor: z.number(), test: Test }),
  output: z.object({ release: folder() }),
  run: (input, context) => {
    const release = context.folder('digits-model')
    copyFileSync(input.model.path, join(release.path, 'model.json'))
    writeFileSync(join(release.path, 'MODEL_CARD.md'), card(input))
    return { release }
  },
})

type Facts = z.infer<typeof Score> & { readonly floor: number; readonly test: Test }

const recall = (row: readonly number[], digit: number) => {
  const shown = row.reduce((sum, count) => sum + count, 0)
  return `| ${digit} | ${shown} | ${shown > 0 ? percent((row[digit] ?? 0) / shown) : ''} |`
}

const card = ({ setting, score, supportVectors, floor, test }: Facts): string => `# Handwritten digits

Reads a digit, 0 to 9, from an image of 8x8 pixels, each from 0 (paper) to 16 (ink).

- **Method**: support-vector machines with a radial basis function, one per pair of digits; ${supportVectors} support vectors.
- **Setting**: γ = ${setting.gamma}, C = ${setting.c}, chosen by cross-validation in the training half (${percent(score)} right).
- **Accuracy**: **${percent(test.accuracy)}** of the test half, used for nothing else; at least ${percent(floor)} was asked for.
- **Data**: "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository,
  doi 10.24432/C50P49, CC BY 4.0.

| digit | images | read right |
|---|---|---|
${test.confusion.map(recall).join('\n')}

## Limits

Thirteen people wrote these digits, and the two halves may share some of them: a new writer may be read less well. A
fainter or a shifted image comes from another distribution. Any image gets a digit as its answer, a letter too, and no
probability.

## Format

\`model.json\` holds \`gamma\`, \`vectors\` and \`machines\`. A machine votes \`positive\` if
\`bias + Σ weight · exp(-gamma · |vector - x|²)\` over its \`terms\` is above 0, else \`negative\`; most votes win.
`
