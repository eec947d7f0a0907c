import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

export const greet = stage('greet', {
  input: z.object({ name: z.string() }),
  output: z.object({ text: z.string() }),
  run: ({ name }) => ({ text: `Hello, ${name}!` }),
})

export const hello = pipeline('hello', {
  input: z.object({ name: z.string().default('world') }),
  build: ({ name }) => ({ text: greet({ name }).text }),
})

main(import.meta, hello)
