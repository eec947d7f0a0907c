import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Context, file, folder, stage } from 'millrace'
import { z } from 'zod'

// Every stage tells a number that its key alone decides, and spoils what it was given.

const text = () => file('text/plain')
const N = z.object({ n: z.number() })

function told<O>({ metric, seed }: Context, input: object, output: O): O {
  metric('seed', seed)
  const open: unknown[] = [input]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== 'object' || at === null) continue
    open.push(...Object.values(at))
    if (Array.isArray(at)) at.length = 0
    else for (const key of Object.keys(at)) delete (at as Record<string, unknown>)[key]
  }
  return output
}

export const calc = stage('calc', {
  input: z.object({
    a: z.number(),
    b: z.number(),
    c: z.number().default(3),
    d: z.number().optional(),
    e: z.number().nullable().default(null),
    luck: z.int().default(0),
  }),
  output: N,
  run: async (input, context) => {
    const { a, b, c, d = 0, e, luck } = input
    const n = (a + 2 * b + c + d + (e ?? -1)) % 1000
    if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (luck > 0 && Math.abs(n) % luck === 1) throw new Error(`${n} is unlucky`)
    return told(context, input, { n })
  },
})

export const range = stage('range', {
  input: N,
  output: z.object({ list: z.array(z.number()) }),
  run: (input, context) => {
    const { n } = input
    return told(context, input, { list: Array.from({ length: Math.abs(n) % 4 }, (_, i) => n + i) })
  },
})

export const fold = stage('fold', {
  input: z.object({ of: z.array(z.number().nullable()) }),
  output: N,
  run: (input, context) => {
    const n = input.of.reduce<number>((sum, item, i) => sum + (item ?? -1) * (i + 1), 0) % 1000
    return told(context, input, { n })
  },
})

export const say = stage('say', {
  input: z.object({ n: z.number(), t: z.string().default('ø'), u: z.string().nullable().default(null) }),
  output: z.object({ text: z.string() }),
  run: (input, context) => {
    const { n, t, u } = input
    process.stdout.write(`saying ${n}\n`)
    return told(context, input, { text: [...`${n}:${u ?? '-'}:${t}`].slice(0, 24).join('') })
  },
})

export const maybe = stage('maybe', {
  input: N,
  output: z.object({ maybe: z.number().optional(), filled: z.number().default(5) }),
  run: (input, context) => {
    const { n } = input
    return told(context, input, { ...(n % 2 === 0 ? {} : { maybe: n }), ...(n % 3 === 0 ? { filled: n } : {}) })
  },
})

export const test = stage('test', {
  input: N,
  output: z.object({ yes: z.boolean() }),
  run: (input, context) => told(context, input, { yes: input.n % 2 === 0 }),
})

export const echo = stage('echo', {
  input: z.object({ value: z.unknown() }),
  output: z.object({ value: z.unknown() }),
  run: (input, context) => {
    const value = structuredClone(input.value)
    return told(context, input, { value })
  },
})

export const measure = stage('measure', {
  input: z.object({ value: z.unknown() }),
  output: N,
  run: (input, context) => {
    const n = JSON.stringify(input.value).length % 1000
    return told(context, input, { n })
  },
})

/** More than a line of the pack may hold. */
export const large = stage('large', {
  input: N,
  output: z.object({ value: z.unknown(), n: z.number() }),
  run: (input, context) => {
    const { n } = input
    return told(context, input, { n, value: { [`k${n}`]: 'ü'.repeat(70_000), list: Array(300).fill(n) } })
  },
})

export const effect = stage('effect', {
  cache: false,
  input: N,
  output: N,
  run: (input, context) => told(context, input, { n: input.n + 1000 }),
})

/** Fails until a file is there. */
export const gate = stage('gate', {
  input: z.object({ n: z.number(), path: z.string() }),
  output: N,
  run: (input, context) => {
    const { n, path } = input
    if (!existsSync(path)) throw new Error('it is not there yet')
    return told(context, input, { n })
  },
})

/** Succeeds at one of its attempts, not before. */
export const flaky = stage('flaky', {
  retries: 1,
  input: z.object({ n: z.number(), at: z.int() }),
  output: N,
  run: (input, context) => {
    const { n, at } = input
    if (context.attempt < at) throw new Error(`not at attempt ${context.attempt}`)
    return told(context, input, { n })
  },
})

export const write = stage('write', {
  input: z.object({ t: z.string(), n: z.number() }),
  output: z.object({ file: text(), n: z.number() }),
  run: (input, context) => {
    const { t, n } = input
    const out = context.file('deep/er/naïve 漢字 #%?.txt')
    writeFileSync(out.path, `${t}\n${'x'.repeat(n % 5 === 0 ? 100_000 : 0)}`)
    return told(context, input, { file: out, n: n % 7 })
  },
})

export const read = stage('read', {
  input: z.object({ file: text().optional() }),
  output: z.object({ text: z.string(), n: z.number(), digest: z.string() }),
  run: (input, context) => {
    if (!input.file) return told(context, input, { text: 'none', n: 0, digest: '' })
    const { path, digest, size } = input.file
    const bytes = readFileSync(path, 'utf8')
    return told(context, input, { text: [...bytes.trim()].slice(0, 24).join(''), n: size % 1000, digest })
  },
})

export const pack = stage('pack', {
  input: z.object({ files: z.array(text().nullable()), t: z.string().default('') }),
  output: z.object({ tree: folder(), n: z.int() }),
  run: (input, context) => {
    const tree = context.folder('tree')
    for (const [i, file] of input.files.entries()) {
      if (!file) continue
      const path = join(tree.path, `${i}.txt`)
      cpSync(file.path, path)
      chmodSync(path, i % 2 === 1 ? 0o755 : 0o644)
    }
    mkdirSync(join(tree.path, 'sub/empty'), { recursive: true })
    writeFileSync(join(tree.path, 'sub/ünï.txt'), input.t)
    return told(context, input, { tree, n: input.files.length })
  },
})

export const look = stage('look', {
  input: z.object({ tree: folder() }),
  output: z.object({ lines: z.array(z.string()), digest: z.string(), n: z.number() }),
  run: (input, context) => {
    const { path: root, digest, size } = input.tree
    const lines = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name)
        const { mode, size } = statSync(path)
        return `${relative(root, path)} ${(mode & 0o100) > 0 ? 'x' : '-'} ${size}`
      })
      .sort()
    return told(context, input, { lines, digest, n: size % 1000 })
  },
})

/** Hands its file on. */
export const hand = stage('hand', {
  input: z.object({ file: text(), tree: folder().optional() }),
  output: z.object({ file: text(), tree: folder().optional(), n: z.number() }),
  run: (input, context) => {
    const { file, tree } = input
    const out = { file: { ...file }, ...(tree ? { tree: { ...tree } } : {}), n: file.size % 1000 }
    return told(context, input, out)
  },
})
