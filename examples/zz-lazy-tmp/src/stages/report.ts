import { writeFileSync } from 'node:fs'
import { file, folder, stage } from 'millrace'
import { z } from 'zod'
import { page } from '../page.ts'
import { Analysis, Drift, Score, Setting, Test } from '../values.ts'

export const report = stage('report', {
  input: z.object({
    analysis: Analysis,
    candidates: z.array(Score),
    setting: Setting,
    floor: z.number(),
    test: Test,
    release: folder().optional(),
    control: Drift,
    shifted: Drift,
  }),
  output: z.object({ page: file('text/html') }),
  run: ({ release, ...facts }, context) => {
    const html = context.file('report.html')
    writeFileSync(html.path, page({ ...facts, published: release !== undefined }))
    return { page: html }
  },
})
