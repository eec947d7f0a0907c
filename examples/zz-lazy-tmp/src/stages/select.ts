import { file, stage } from 'millrace'
import { z } from 'zod'
import { Score } from '../values.ts'

const Candidate = Score.extend({ model: file('application/json') })

/** The best score in cross-validation; of equal ones the smaller model. It never sees the test half. */
export const select = stage('select', {
  input: z.object({ candidates: z.array(Candidate).min(1) }),
  output: Candidate,
  run: ({ candidates }, context) => {
    const best = candidates.reduce((a, b) =>
      b.score > a.score || (b.score === a.score && b.supportVectors < a.supportVectors) ? b : a,
    )
    context.log(`of ${candidates.length} settings the best`, { ...best.setting, score: best.score })
    return best
  },
})
