import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const Counts = z.array(z.object({ word: z.string(), times: z.int() }))

export const count = stage('count', {
  input: z.object({ text: z.string() }),
  output: z.object({ counts: Counts }),
  run: ({ text }) => {
    const words = text.toLowerCase().match(/\p{L}+/gu)
    if (!words) throw new Error(`there is no word in "${text}"`)
    const counts = new Map<string, number>()
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    return { counts: [...counts].map(([word, times]) => ({ word, times })) }
  },
})

export const top = stage('top', {
  input: z.object({ counts: Counts, most: z.int() }),
  output: z.object({ words: z.array(z.string()) }),
  run: ({ counts, most }) => {
    const sorted = counts.toSorted((a, b) => b.times - a.times)
    return { words: sorted.slice(0, most).map(({ word }) => word) }
  },
})

export const hello = pipeline('hello', {
  input: z.object({
    text: z.string().default('so much depends on how much it depends').describe('what to count the words of'),
    most: z.int().min(1).default(2).describe('how many words to give'),
  }),
  build: ({ text, most }) => {
    const { counts } = count({ text })
    return { words: top({ counts, most }).words }
  },
})

main(import.meta, hello)
