import { expect, test } from 'vitest'
import { framesIn, traceOf } from '../src/index.ts'

test('frames of the author alone, the innermost first, with the names that they wrote', () => {
  const stack = `Error: at the start: (file:///not/a/frame.ts
    at Object.run [as main] (file:///users/me/a%20b/steps.ts:10:3)
    at async Promise.all (index 0)
    at new Reader (/users/me/(x)/reader.ts:2:1)
    at Timeout._onTimeout (/users/me/late.ts:5:7)
    at /users/me/plain.ts:1:2
    at node:internal/process/task_queues:105:5
    at parse (/users/me/node_modules/zod/index.js:1:1)
    at eval (eval at run (/users/me/steps.ts:1:1), <anonymous>:1:1)
    at Reader.<anonymous> (/users/me/reader.ts:9:9)`
  expect(framesIn(stack)).toEqual([
    { function: 'run', file: '/users/me/a b/steps.ts', line: 10, column: 3 },
    { function: 'new Reader', file: '/users/me/(x)/reader.ts', line: 2, column: 1 },
    { file: '/users/me/late.ts', line: 5, column: 7 },
    { file: '/users/me/plain.ts', line: 1, column: 2 },
    { file: '/users/me/reader.ts', line: 9, column: 9 },
  ])
})

test('causes and gathered errors, each once; what is no error has none', () => {
  const inner = new TypeError('inner')
  const outer = new AggregateError([new RangeError('one'), inner], 'outer', { cause: inner })
  Object.assign(inner, { cause: outer })
  expect(traceOf(outer).causes.map(({ name, message }) => [name, message])).toEqual([
    ['TypeError', 'inner'],
    ['RangeError', 'one'],
  ])
  expect(traceOf('text')).toEqual({ stack: [], causes: [] })
  expect(traceOf(null)).toEqual({ stack: [], causes: [] })
  const odd = new Error('odd')
  Object.defineProperty(odd, 'stack', {
    get() {
      throw new Error('trap')
    },
  })
  expect(traceOf(odd)).toEqual({ stack: [], causes: [] })
})
