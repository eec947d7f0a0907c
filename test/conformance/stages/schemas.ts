import { stage } from 'millrace'
import { z } from 'zod'

/** How often each part of the schemas below was called in this process. */
export const calls: Record<string, number> = {}
const count = (what: string) => {
  calls[what] = (calls[what] ?? 0) + 1
  return true
}

export const mark = stage('mark', {
  input: z.object({
    text: z.string().transform((text) => {
      count('input transform')
      return `${text}<`
    }),
    checked: z
      .string()
      .trim()
      .refine(() => count('input refinement')),
  }),
  output: z.object({
    text: z
      .string()
      .transform((text) => {
        count('output transform')
        return `${text}>`
      })
      .pipe(z.string()),
    checked: z.string().refine(() => count('output refinement')),
  }),
  run: (input) => input,
})

const later = (what: string) => async () => {
  await null
  return count(what)
}

export const markLater = stage('mark-later', {
  input: z.object({
    text: z.string().transform((text) => {
      count('async input transform')
      return `${text}<`
    }),
    checked: z.string().refine(later('async input refinement')),
  }),
  output: z.object({
    text: z
      .string()
      .transform(async (text) => {
        count('async output transform')
        return `${text}>`
      })
      .pipe(z.string()),
    checked: z.string().refine(later('async output refinement')),
  }),
  run: (input) => input,
})

export const strictly = stage('strictly', {
  input: z.object({
    rows: z.array(z.object({ name: z.string().max(3), n: z.int().refine((n) => n !== 13, 'no thirteen') })),
  }),
  output: z.object({ even: z.int().multipleOf(2), names: z.array(z.string()) }),
  run: ({ rows }) => ({
    even: rows.reduce((sum, { n }) => sum + n, 0),
    names: rows.map(({ name }) => name),
    extra: 'is dropped',
  }),
})

export const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number() }),
  z.object({ kind: z.literal('box'), sides: z.tuple([z.number(), z.number()]) }),
])
interface Tree {
  readonly value: number
  readonly children: readonly Tree[]
}
export const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.number(), children: z.array(Tree) }))

/** Every kind of schema that JSON can carry. */
export const kinds = stage('kinds', {
  input: z.object({
    shape: Shape,
    tree: Tree,
    choice: z.enum(['a', 'b']),
    record: z.record(z.string(), z.int()),
    either: z.union([z.string(), z.int()]).nullable(),
    coerced: z.coerce.number(),
    caught: z.string().catch('caught'),
    loose: z.looseObject({ known: z.int() }),
  }),
  output: z.object({ seen: z.unknown() }),
  run: (seen) => ({ seen }),
})
