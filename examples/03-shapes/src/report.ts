import { readFileSync, writeFileSync } from 'node:fs'
import { file, stage } from 'millrace'
import { z } from 'zod'

/** A side effect: it runs in every run. */
export const publish = stage('publish', {
  cache: false,
  input: z.object({ model: file('application/json') }),
  output: z.object({ verdict: z.string() }),
  run: ({ model }, context) => {
    context.log(`${model.size} bytes go out, attempt ${context.attempt}`)
    return { verdict: 'published' }
  },
})

export const decline = stage('decline', {
  input: z.object({ accuracy: z.number(), floor: z.number() }),
  output: z.object({ verdict: z.string() }),
  run: ({ accuracy, floor }) => ({ verdict: `kept back: ${accuracy.toFixed(2)} is below ${floor}` }),
})

/** `title` and `table` may be absent in a run: one has a default, the other is optional. */
export const report = stage('report', {
  input: z.object({
    title: z.string().default('Shapes'),
    table: file('text/markdown').optional(),
    accuracies: z.array(z.array(z.number())),
    guesses: z.array(z.string()),
    verdict: z.string(),
  }),
  output: z.object({ page: file('text/markdown') }),
  run: ({ title, table, accuracies, guesses, verdict }, context) => {
    const page = context.file('report.md')
    const grid = accuracies.map((row) => row.map((value) => value.toFixed(2)).join(' ')).join('\n')
    const parts = [`# ${title}`, grid, verdict, ...guesses, ...(table ? [readFileSync(table.path, 'utf8')] : [])]
    writeFileSync(page.path, `${parts.join('\n\n')}\n`)
    return { page }
  },
})
