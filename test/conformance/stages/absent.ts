import { file, stage } from 'millrace'
import { z } from 'zod'

/** Tells what it was given: whether a key is there, and its value. */
export const receive = stage('receive', {
  input: z.object({
    optional: z.string().optional(),
    fallback: z.string().default('the default'),
    nullable: z.string().nullable().default(null),
    inner: z.object({ optional: z.int().optional(), fallback: z.int().default(7) }).default({ fallback: 8 }),
    plain: file('text/plain').optional(),
  }),
  output: z.object({ keys: z.array(z.string()), value: z.unknown() }),
  run: (input) => ({ keys: Object.keys(input).sort(), value: input }),
})

/** Leaves out what it may leave out. */
export const leave = stage('leave', {
  input: z.object({ with: z.boolean() }),
  output: z.object({ maybe: z.string().optional(), filled: z.string().default('filled by the producer') }),
  run: (input) => (input.with ? { maybe: 'here', filled: 'given' } : {}),
})

export const gather = stage('gather', {
  input: z.object({ list: z.array(z.string().nullable()) }),
  output: z.object({ joined: z.string() }),
  run: ({ list }) => ({ joined: list.map((item) => item ?? '-').join(' ') }),
})

export const word = stage('word', {
  input: z.object({ of: z.string() }),
  output: z.object({ text: z.string() }),
  run: ({ of }) => ({ text: of }),
})
