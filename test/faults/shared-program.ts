/**
 * Pipelines that share stages and their keys: files, folders, a file passed on, values small and large, a stage in a
 * process of its own. Each stage notes in `calls.txt` that it runs; what it gives depends on its input alone.
 */
export const sharedProgram = `
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const begin = (...call) => appendFileSync(process.env.CALLS, JSON.stringify([process.env.SLOT, ...call]) + '\\n')
const hash = (text) => createHash('sha256').update(text).digest('hex')
const n = z.number()
const salt = z.string()

export const source = stage('source', {
  input: z.object({ n, salt }),
  output: z.object({ table: file() }),
  run: async ({ n, salt }, context) => {
    begin('source', n, salt)
    const table = context.file('table.txt')
    const rows = Array.from({ length: 300 }, (_, i) => hash(salt + n + ' ' + i) + '\\n')
    writeFileSync(table.path, rows.slice(0, 100).join(''))
    await sleep(5 + n * 5)
    appendFileSync(table.path, rows.slice(100).join(''))
    return { table }
  },
})

export const split = stage('split', {
  input: z.object({ table: file() }),
  output: z.object({ parts: folder() }),
  run: async ({ table }, context) => {
    begin('split', table.digest)
    const parts = context.folder('parts')
    const rows = readFileSync(table.path, 'utf8').split('\\n')
    for (let i = 0; i < 10; i++) {
      mkdirSync(join(parts.path, 'sub' + (i % 3)), { recursive: true })
      writeFileSync(join(parts.path, 'sub' + (i % 3), i + '.txt'), rows.slice(i * 30, i * 30 + 30).join('\\n'))
      await sleep(2)
    }
    return { parts }
  },
})

export const count = stage('count', {
  input: z.object({ parts: folder(), more: n }),
  output: z.object({ rows: n, digest: z.string() }),
  run: async ({ parts, more }) => {
    begin('count', parts.digest, more)
    const texts = []
    for (const path of readdirSync(parts.path, { recursive: true }).filter((at) => at.endsWith('.txt')).sort()) {
      texts.push(readFileSync(join(parts.path, path), 'utf8'))
      await sleep(3)
    }
    return { rows: texts.join('\\n').split('\\n').length + more, digest: hash(texts.join()) }
  },
})

export const pass = stage('pass', {
  input: z.object({ tables: z.array(file()), at: n }),
  output: z.object({ chosen: file() }),
  run: ({ tables, at }) => {
    begin('pass', tables.map(({ digest }) => digest), at)
    return { chosen: tables[at] }
  },
})

export const large = stage('large', {
  input: z.object({ salt, n }),
  output: z.object({ list: z.array(z.string()) }),
  run: ({ salt, n }) => {
    begin('large', salt, n)
    return { list: Array.from({ length: 1500 }, (_, i) => hash(salt + n + i)) }
  },
})

export const small = stage('small', {
  input: z.object({ n, salt }),
  output: z.object({ n, text: z.string() }),
  run: async ({ n, salt }) => {
    begin('small', n, salt)
    await sleep(n % 7)
    return { n, text: hash(salt + n).slice(0, 8) }
  },
})

export const digest = stage('digest', {
  input: z.object({ table: file(), list: z.array(z.string()) }),
  output: z.object({ digest: z.string() }),
  run: async ({ table, list }) => {
    begin('digest', table.digest, list.length)
    await sleep(20)
    return { digest: hash(readFileSync(table.path, 'utf8') + list.join()) }
  },
})

export const lone = stage('lone', {
  input: z.object({ table: file() }),
  output: z.object({ copy: file() }),
  isolate: 'process',
  run: ({ table }, context) => {
    begin('lone', table.digest)
    const copy = context.file('copy.txt')
    writeFileSync(copy.path, readFileSync(table.path, 'utf8').toUpperCase())
    return { copy }
  },
})

const input = z.object({ salt: salt.default('a') })

export const rows = pipeline('rows', {
  input,
  build: ({ salt }) => ({
    counts: [1, 2, 3].map((n) => count({ parts: split({ table: source({ n, salt }).table }).parts, more: n })),
  }),
})

export const chosen = pipeline('chosen', {
  input,
  build: ({ salt }) => {
    const tables = [1, 2, 3, 4].map((n) => source({ n, salt }).table)
    const { chosen } = pass({ tables, at: 2 })
    return { digest: digest({ table: chosen, list: large({ salt, n: 1 }).list }).digest, chosen }
  },
})

export const many = pipeline('many', {
  input: input.extend({ list: z.array(n).default(Array.from({ length: 60 }, (_, i) => i)) }),
  build: ({ salt, list }) => ({
    all: map(list, (n) => small({ n, salt }).text),
    rows: count({ parts: split({ table: source({ n: 2, salt }).table }).parts, more: 2 }).rows,
  }),
})

export const alone = pipeline('alone', {
  input,
  build: ({ salt }) => {
    const { copy } = lone({ table: source({ n: 1, salt }).table })
    return { copy, digest: digest({ table: copy, list: large({ salt, n: 2 }).list }).digest }
  },
})

main(import.meta, rows, chosen, many, alone)
`

export const sharedPipelines = ['rows', 'chosen', 'many', 'alone'] as const
