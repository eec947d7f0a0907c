import { writeFileSync } from 'node:fs'
import { file, stage } from 'millrace'
import { z } from 'zod'

const N = z.object({ n: z.number() })

export const add = stage('add', {
  input: z.object({ n: z.number(), more: z.number().default(1) }),
  output: N,
  run: ({ n, more }) => ({ n: n + more }),
})

export const bad = stage('bad', {
  input: z.object({ n: z.number().optional(), text: z.string().default('it is bad') }),
  output: N,
  run: ({ text }) => {
    throw new Error(text)
  },
})

/** Fails for one number. */
export const picky = stage('picky', {
  input: z.object({ n: z.number(), not: z.number() }),
  output: N,
  run: ({ n, not }) => {
    if (n === not) throw new Error(`not ${not}`)
    return { n }
  },
})

export const total = stage('total', {
  input: z.object({ of: z.array(z.number().nullable()) }),
  output: N,
  run: ({ of }) => ({ n: of.reduce<number>((sum, n) => sum + (n ?? 0), 0) }),
})

export const many = stage('many', {
  input: N,
  output: z.object({ text: z.string() }),
  run: ({ n }) => ({ text: 'x'.repeat(n) }),
})

export const lines = stage('lines', {
  input: N,
  output: z.object({}),
  run: ({ n }) => {
    for (let i = 0; i < n; i++) process.stdout.write(`line ${i}\n`)
    throw new Error('after all lines')
  },
})

export const late = stage('late', {
  input: N,
  output: N,
  run: ({ n }, context) => {
    setTimeout(() => {
      process.stdout.write('printed too late\n')
      context.log('logged too late')
      context.metric('late', 1)
    }, n)
    return { n }
  },
})

export const save = stage('save', {
  input: N,
  output: z.object({ out: file('text/plain') }),
  run: ({ n }, context) => {
    const out = context.file('out.txt')
    writeFileSync(out.path, String(n))
    return { out }
  },
})
