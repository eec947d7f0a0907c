import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const size = z.tuple([z.int(), z.int().optional()])
const open = z.tuple([z.int(), z.string().optional()], z.boolean())
const pair = z.tuple([z.object({ v: z.string() }), z.object({ v: z.number() }).optional()])
export const shape = stage('shape', {
  input: z.object({ size, open: open.default([1]) }),
  output: z.object({ size, open, pair, area: z.int() }),
  run: ({ size: [width, height], open }) => ({
    size: height === undefined ? ([width] as [number]) : ([width, height] as [number, number]),
    open,
    pair: [{ v: 'a' }] as [{ v: string }],
    area: width * (height ?? width),
  }),
})
export const show = stage('show', { input: z.object({ v: z.unknown() }), output: z.object({ v: z.string() }), run: ({ v }) => ({ v: JSON.stringify(v) }) })
export const inner = pipeline('inner', { input: z.object({ size }), build: ({ size }) => shape({ size }) })
export const demo = pipeline('demo', {
  input: z.object({ size: size.default([3]), open: open.default([1]) }),
  build: ({ size, open }) => {
    const [short, long] = [shape({ size: [3] }), shape({ size: [3, 4], open: [1, 'x', true, false] })]
    return {
      areas: [short.area, long.area, shape({ size, open }).area, inner({ size: [5] }).area, inner({ size: short.size }).area],
      sizes: [short.size, long.size],
      opens: [short.open, long.open],
      vs: short.pair.v,
      each: map(long.size, (side) => show({ v: side }).v),
      shown: show({ v: short.size }).v,
    }
  },
})
main(import.meta, demo)
`
const whole = {
  areas: [9, 12, 9, 25, 9],
  sizes: [[3], [3, 4]],
  opens: [[1], [1, 'x', true, false]],
  vs: ['a'],
  each: ['3', '4'],
  shown: '[3]',
}

test('a tuple may end where its last items are optional: in calls, parameters, outputs, and what reads them', async () => {
  const { run } = program(text)
  const value = async (...params: string[]) => {
    const { code, stdout, stderr } = await run([...params.flatMap((one) => ['--param', one]), '--progress', 'quiet'])
    return code === 0 ? JSON.parse(stdout) : stderr.split('\n')[0]
  }
  expect(await value()).toEqual(whole)
  expect((await value('size=[2,5]', 'open=[1,"x"]')).areas).toEqual([9, 12, 10, 25, 9])
  expect((await value('size=6', 'open=[1]')).areas).toEqual([9, 12, 36, 25, 9])
  const refused = (name: string) =>
    `error[invalid-parameter]: the parameter "${name}" of pipeline "demo" is refused by its schema: `
  expect(await value('size=[]')).toMatch(refused('size'))
  expect(await value('size=[1,2,3]')).toMatch(refused('size'))
  expect(await value('size=[1,null]')).toMatch(refused('size'))
  expect(await value('open=[1,true]')).toMatch(refused('open'))
})
