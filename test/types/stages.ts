import { container, file, folder, stage } from 'millrace'
import { z } from 'zod'

const Item = z.object({ x: z.number(), name: z.string(), deep: z.array(z.string()) })
const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), r: z.number() }),
  z.object({ kind: z.literal('text'), words: z.string() }),
])
const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})

/** Gives a value of each kind. */
export const source = container('source', {
  image: 'busybox',
  command: ['true'],
  input: z.object({}),
  output: z.object({
    text: z.string(),
    n: z.number(),
    flag: z.boolean(),
    mode: z.enum(['fast', 'slow']),
    fixed: z.literal('one'),
    brand: z.string().brand<'Id'>(),
    defaulted: z.number().default(3),
    transformed: z.iso.datetime(),
    opt: z.string().optional(),
    nul: z.string().nullable(),
    nullish: z.string().nullish(),
    obj: z.object({ inner: z.object({ leaf: z.string() }) }),
    optObj: z.object({ leaf: z.string() }).optional(),
    nulObj: z.object({ leaf: z.string() }).nullable(),
    both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
    words: z.array(z.string()),
    fixedWords: z.array(z.string()).readonly(),
    list: z.array(Item),
    grid: z.array(z.array(Item)),
    cube: z.array(z.array(z.array(Item))),
    optList: z.array(Item).optional(),
    nulItems: z.array(Item.nullable()),
    odd: z.array(z.object({ length: z.number(), map: z.string() })),
    union: z.union([z.string(), z.number()]),
    objUnion: z.union([z.string(), z.object({ leaf: z.string() })]),
    oneOrMany: z.union([Item, z.array(Item)]),
    shape: Shape,
    shapes: z.array(Shape),
    pair: z.tuple([z.string(), z.number()]),
    objPair: z.tuple([z.object({ v: z.string() }), z.object({ v: z.number() })]),
    byName: z.record(z.string(), z.number()),
    byMode: z.record(z.enum(['fast', 'slow']), z.number()),
    someByMode: z.partialRecord(z.enum(['fast', 'slow']), z.number()),
    tree: Tree,
    json: z.json(),
    unknown: z.unknown(),
    csv: file('text/csv'),
    png: file('image/png'),
    blob: file(),
    dir: folder(),
    optCsv: file('text/csv').optional(),
    csvs: z.array(file('text/csv')),
    rows: z.array(z.object({ csv: file('text/csv'), dir: folder() })),
  }),
})

/** Takes a value of each kind, or leaves it. */
export const sink = container('sink', {
  image: 'busybox',
  command: ['true'],
  input: z.object({
    text: z.string().optional(),
    n: z.number().default(3),
    flag: z.boolean().optional(),
    mode: z.enum(['fast', 'slow']).default('fast'),
    nul: z.string().nullable().optional(),
    words: z.array(z.string()).optional(),
    nulWords: z.array(z.string().nullable()).optional(),
    grid: z.array(z.array(z.number())).optional(),
    list: z.array(Item).optional(),
    obj: z.object({ inner: z.object({ leaf: z.string() }) }).optional(),
    union: z.union([z.string(), z.number()]).optional(),
    shape: Shape.optional(),
    pair: z.tuple([z.string(), z.number()]).optional(),
    byName: z.record(z.string(), z.number()).optional(),
    tree: Tree.optional(),
    json: z.json().optional(),
    coerced: z.coerce.number().optional(),
    csv: file('text/csv').optional(),
    blob: file().optional(),
    dir: folder().optional(),
    csvs: z.array(file('text/csv')).optional(),
    files: z.record(z.string(), file('text/csv')).optional(),
  }),
  output: z.object({ ok: z.boolean() }),
})

/** Needs what it takes. */
export const strict = stage('strict', {
  input: z.object({ text: z.string(), nul: z.string().nullable().default(null) }),
  output: z.object({ text: z.string(), opt: z.string().optional() }),
  run: ({ text }) => ({ text }),
})

export const score = stage('score', {
  input: z.object({ csv: file('text/csv'), words: z.array(z.string()).default([]) }),
  output: z.object({ accuracy: z.number(), report: file('text/html') }),
  run: (_, context) => ({ accuracy: 1, report: context.file('report.html') }),
})

export const nothing = stage('nothing', {
  input: z.object({}),
  output: z.object({ ok: z.boolean() }),
  run: () => ({ ok: true }),
})
