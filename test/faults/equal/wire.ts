import { type CallOverrides, type Condition, file, is, map, type Pipeline, pipeline, type Value, when } from 'millrace'
import { z } from 'zod'
import type { Body, Fields, Operand, Operator, Program } from './program.ts'
import {
  calc,
  echo,
  effect,
  flaky,
  fold,
  gate,
  hand,
  large,
  look,
  maybe,
  measure,
  pack,
  range,
  read,
  say,
  test,
  write,
} from './stages.ts'

type Wired = (args: object) => unknown
type Slots = ReadonlyMap<number, unknown>
const stages = {
  calc,
  range,
  fold,
  say,
  maybe,
  test,
  echo,
  measure,
  large,
  effect,
  gate,
  flaky,
  write,
  read,
  pack,
  look,
  hand,
}
const calls = stages as unknown as Readonly<Record<string, { with(overrides: CallOverrides): Wired }>>

const inner = z.object({
  a: z.number(),
  b: z.number().max(600).default(7),
  c: z.number().optional(),
  list: z.array(z.number()).default([1, 2]),
  doc: file('text/plain').optional(),
  text: z.string().nullable().default(null),
  o: z.object({ x: z.number().default(4), y: z.number().optional() }).prefault({}),
})

const outer = z.object({
  n: z.number(),
  flag: z.boolean(),
  text: z.string().default('ünï'),
  list: z.array(z.number()).default([3, 1]),
  rows: z.array(z.array(z.number())).default([[1, 2], []]),
  doc: file('text/plain'),
  gate: z.string(),
})

/** Many fit on a small machine at once. */
const resources = { cpu: 0.1, memory: '16Mi' }

/** The program as an author would wire it; `overrides` are given to each of its calls. */
export function wired(program: Program, overrides: CallOverrides = {}): Pipeline<typeof outer, object> {
  const pipes: Wired[] = []
  for (const [i, body] of program.pipes.entries()) {
    const build = (input: unknown) => bodyOf(body, new Map([[0, input]]), pipes, overrides) as object
    pipes.push(pipeline(`inner-${i}`, { input: inner, build }) as never)
  }
  const build = (input: unknown) => bodyOf(program.body, new Map([[0, input]]), pipes, overrides) as object
  return pipeline('random', { input: outer, build }) as never
}

function bodyOf(body: Body, before: Slots, pipes: readonly Wired[], overrides: CallOverrides): unknown {
  const slots = new Map(before)
  const within = (inner: Body, more: readonly (readonly [number, unknown])[] = []) =>
    bodyOf(inner, new Map([...slots, ...more]), pipes, overrides)
  for (const at of body.statements) {
    if (at.do === 'call') {
      const after = at.after.map((slot) => slots.get(slot) as Value<unknown>)
      const call = (calls[at.stage] as (typeof calls)[string]).with({ resources, ...overrides, ...at.options, after })
      slots.set(at.to, call(fieldsOf(at.args, slots)))
    } else if (at.do === 'pipe') {
      slots.set(at.to, (pipes[at.pipe] as Wired)(fieldsOf(at.args, slots)))
    } else if (at.do === 'map') {
      const list = operandOf(at.list, slots) as Value<unknown[]>
      const each = (item: unknown, index: unknown) =>
        within(at.body, [
          [at.item, item],
          [at.index, index],
        ]) as object
      const { concurrency } = at
      const out = at.allow
        ? map(list, each as never, { concurrency, failures: 'allow' })
        : map(list, each as never, { concurrency })
      slots.set(at.to, out)
    } else {
      const left = operandOf(at.left, slots)
      const condition = at.operator ? compared(left, at.operator, at.right && operandOf(at.right, slots)) : left
      const { then, else: otherwise } = at
      const out = otherwise
        ? when(
            condition as Condition,
            () => within(then) as object,
            () => within(otherwise) as object,
          )
        : when(condition as Condition, () => within(then) as object)
      slots.set(at.to, out)
    }
  }
  return operandOf(body.result, slots)
}

const compared = (left: unknown, operator: Operator, right: unknown): unknown =>
  is(left as Value<number>, operator as '===', right as number)

const fieldsOf = (fields: Fields, slots: Slots): object =>
  Object.fromEntries(fields.map(([key, field]) => [key, operandOf(field, slots)]))

function operandOf(at: Operand, slots: Slots): unknown {
  if ('value' in at) return at.value
  if ('fields' in at) return fieldsOf(at.fields, slots)
  if ('items' in at) return at.items.map((item) => operandOf(item, slots))
  let ref = slots.get(at.from)
  for (const key of at.path) ref = (ref as Record<string, unknown>)[key]
  return ref
}
