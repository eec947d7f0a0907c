// Each line under a directive is one mistake that tsc must refuse: values that may be null, bodies that wait.
import { map, pipeline, stage, toGraph, when } from 'millrace'
import { z } from 'zod'
import { score, sink, source } from '../stages.ts'

const o = source()
const output = z.object({ list: z.array(z.object({ opt: z.string().optional() })) })
const { list } = stage('more', { input: z.object({}), output, run: () => ({ list: [] }) })()
const maybe = when(o.flag, () => o.text)

// @ts-expect-error an item of an optional field of a list is null where it is absent
map(list.opt, (word) => sink({ text: word }))

// @ts-expect-error an item of a literal list is null where it is absent
map([maybe, 'a'], (word) => sink({ text: word }))

// @ts-expect-error a parameter of a pipeline that has none
pipeline('p', { input: z.object({}), build: ({ typo }) => sink({ text: typo }) })

// @ts-expect-error an async body of map
map(o.list, async (item) => item.x)

// @ts-expect-error an async body of when
when(o.flag, async () => o.text)

// @ts-expect-error a stage where a pipeline is wanted
toGraph(score)
