/**
 * 60 calls that leave everything a run can leave: small values in the pack, large ones and artifacts by manifests,
 * metrics, logs, stages of no cache, stages in a process of their own that leave processes and temporary files, equal
 * calls. Each stage notes its call in `calls.txt` when it begins, after what the variable GO says, and gives it in its
 * output; what it gives depends on nothing else.
 */
export const killsProgram = `
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const begin = (call: string) => {
  appendFileSync('calls.txt', process.env.GO + ' ' + call + '\\n')
  return call
}
const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const N = z.object({ n: z.number() })
const Value = z.object({ call: z.string(), n: z.number() })
export const small = stage('small', {
  input: N, output: Value,
  run: async ({ n }) => {
    const call = begin('small ' + n)
    await sleep(n % 4)
    return { call, n: n + 1 }
  },
})
export const pair = stage('pair', { input: z.object({ a: z.number(), b: z.number() }), output: Value, run: ({ a, b }) => ({ call: begin('pair ' + a + ' ' + b), n: a * b }) })
export const late = stage('late', {
  input: z.object({ n: z.number(), of: z.number() }), output: Value,
  run: async ({ n, of }) => {
    const call = begin('late ' + of)
    await sleep(Math.random() * 10)
    return { call, n }
  },
})
export const large = stage('large', { input: N, output: z.object({ call: z.string(), text: z.string() }), run: ({ n }) => ({ call: begin('large ' + n), text: hash(String(n)).repeat(1100 + n) }) })
export const train = stage('train', {
  input: N, output: Value,
  run: async ({ n }, context) => {
    const call = begin('train ' + n)
    for (let step = 0; step < 8; step++) {
      context.metric('loss', n / (step + 1), step)
      console.log('step ' + step + ' of ' + call)
      await sleep(1)
    }
    context.log('ended', { n })
    return { call, n: n * 3 }
  },
})
export const table = stage('table', {
  input: N, output: z.object({ call: z.string(), table: file() }),
  run: async ({ n }, context) => {
    const call = begin('table ' + n)
    const table = context.file('sub/table.csv')
    for (let part = 0; part < 5; part++) {
      appendFileSync(table.path, hash(call + part).repeat(500))
      await sleep(1)
    }
    if (n === 1) console.log('wrote ' + call)
    return { call, table }
  },
})
export const tree = stage('tree', {
  input: N, output: z.object({ call: z.string(), tree: folder() }),
  run: ({ n }, context) => {
    const call = begin('tree ' + n)
    const tree = context.folder('tree')
    mkdirSync(join(tree.path, 'deep/er'), { recursive: true })
    for (const name of ['a', 'deep/b', 'deep/er/c']) writeFileSync(join(tree.path, name), hash(name + n).repeat(20))
    return { call, tree }
  },
})
export const read = stage('read', {
  input: z.object({ table: file() }), output: z.object({ call: z.string(), bytes: z.string() }),
  run: ({ table }) => {
    const bytes = hash(readFileSync(table.path))
    return { call: begin('read ' + bytes), bytes }
  },
})
export const list = stage('list', {
  input: z.object({ tree: folder() }), output: z.object({ call: z.string(), bytes: z.string() }),
  run: ({ tree }) => {
    const names = readdirSync(tree.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort()
    const bytes = hash(names.map((name) => hash(readFileSync(name))).join())
    return { call: begin('list ' + bytes), bytes }
  },
})
export const effect = stage('effect', {
  input: N, output: Value, cache: false,
  run: async ({ n }) => {
    const call = begin('effect ' + n)
    await sleep(2)
    return { call, n: n + 100 }
  },
})
export const equal = stage('equal', {
  input: z.object({ n: z.number() }), output: z.object({ call: z.string(), at: z.number() }), cache: false,
  run: async () => {
    const at = readFileSync('calls.txt', 'utf8').length
    const call = begin('equal')
    await sleep(Math.random() * 8)
    return { call, at }
  },
})
export const after = stage('after', { input: z.object({ at: z.number(), of: z.string() }), output: Value, run: ({ at, of }) => ({ call: begin('after ' + of), n: at * 0 + 1 }) })
export const apart = stage('apart', {
  input: N, output: z.object({ call: z.string(), told: file() }), isolate: 'process',
  run: async ({ n }, context) => {
    const call = begin('apart ' + n)
    const told = context.file('told.txt')
    writeFileSync(join(tmpdir(), 'scratch'), call)
    if (n === 1) spawn('sleep', ['30'], { stdio: 'ignore' }).unref()
    if (n === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
    for (let part = 0; part < 4; part++) {
      appendFileSync(told.path, hash(call + part).repeat(200))
      await sleep(5)
    }
    context.metric('n', n)
    console.log('told ' + n)
    return { call, told }
  },
})
export const sum = stage('sum', {
  input: z.object({ numbers: z.array(z.number()), texts: z.array(z.string()) }), output: z.object({ call: z.string(), n: z.number(), hash: z.string() }),
  run: ({ numbers, texts }) => ({ call: begin('sum'), n: numbers.reduce((sum, n) => sum + n, 0), hash: hash(texts.join()) }),
})
export const work = pipeline('work', {
  input: z.object({ items: z.array(z.number()).default([10, 20, 30, 40]) }),
  build: ({ items }) => {
    const chain = [1, 2, 3, 4, 5].reduce((n) => small({ n }).n, small({ n: 1 }).n)
    const early = effect({ n: 1 })
    const nested = map(items, (i) => {
      const base = small({ n: i })
      return map([1, 2, 3], (j) => pair({ a: base.n, b: j }).n)
    })
    const larges = [1, 2, 3, 4].map((n) => large({ n }))
    const trained = [1, 2, 3, 4, 5].map((n) => train({ n }))
    const tables = [1, 2, 3, 4, 5].map((n) => table({ n }))
    const trees = [1, 2].map((n) => tree({ n }))
    const aparts = [1, 2].map((n) => apart({ n }))
    const reads = [...tables.map(({ table }) => read({ table })), ...aparts.map(({ told }) => read({ table: told }))]
    const lists = trees.map(({ tree }) => list({ tree }))
    const effects = trained.slice(0, 2).map(({ n }) => effect({ n }))
    const equals = ['x', 'y'].map((of, i) => after({ of, at: equal({ n: late({ n: 7, of: i }).n }).at }))
    const total = sum({
      numbers: [chain, early.n, ...trained.map(({ n }) => n), ...effects.map(({ n }) => n), ...equals.map(({ n }) => n)],
      texts: [...larges.map(({ text }) => text), ...reads.map(({ bytes }) => bytes), ...lists.map(({ bytes }) => bytes)],
    })
    const last = effect({ n: total.n })
    return { total, nested, last: last.n, reads: reads.map(({ bytes }) => bytes) }
  },
})
main(import.meta, work)
`
