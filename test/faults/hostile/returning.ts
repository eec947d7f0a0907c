import { both, type End, type Form, fails, notJson, refused } from './form.ts'

const any = 'z.object({ y: z.any() })'
const gives = (name: string, value: string, end: End, output = any): Form => ({
  name: `gives-${name}`,
  run: `return ${value} as never`,
  output,
  ...both(end),
})
const keeps = (name: string, value: string, output: unknown): Form => gives(name, value, { output: output as object })

/** Stages that return what JSON can't carry, or what looks like something else. */
export const returning: readonly Form[] = [
  gives('bigint', '{ y: 10n }', notJson('"y" is a bigint')),
  gives('function', '{ y: [() => {}] }', notJson('"y[0]" is a function')),
  gives('symbol', "{ y: Symbol('s') }", notJson('"y" is a symbol')),
  gives('map', '{ y: new Map([[1, 2]]) }', notJson('"y" is a Map')),
  gives('set', '{ y: new Set([1]) }', notJson('"y" is a Set')),
  gives('cycle', '(() => { const y: any[] = []; y.push({ y }); return { y } })()', notJson('"y[0].y" contains itself')),
  gives('nan', '{ y: NaN }', notJson('"y" is NaN')),
  gives('infinity', '{ y: [-Infinity] }', notJson('"y[0]" is -Infinity')),
  keeps('minus-zero', '{ y: -0 }', { y: 0 }),
  keeps(
    'proto-key',
    'JSON.parse(\'{"y":{"__proto__":{"evil":1},"constructor":2,"hasOwnProperty":3}}\')',
    JSON.parse('{"y":{"__proto__":{"evil":1},"constructor":2,"hasOwnProperty":3}}'),
  ),
  keeps('undefined-field', '{ y: { a: undefined, b: 1 } }', { y: { b: 1 } }),
  gives('undefined-item', '{ y: [1, undefined] }', notJson('"y[1]" is undefined in a list')),
  gives('hole', '{ y: [, 1] }', notJson('"y[0]" is undefined in a list')),
  gives(
    'huge-sparse',
    '(() => { const y: number[] = []; y[4e9] = 1; return { y } })()',
    notJson('"y[0]" is undefined in a list'),
  ),
  gives('date', '{ y: new Date(0) }', notJson('"y" is a Date')),
  gives('buffer', "{ y: Buffer.from('x') }", notJson('"y" is a Buffer')),
  gives('typed-array', '{ y: new Float32Array(2) }', notJson('"y" is a Float32Array')),
  gives('instance', '{ y: new (class Row { a = 1 })() }', notJson('"y" is a Row')),
  gives('error', "{ y: new RangeError('x') }", notJson('"y" is a RangeError')),
  gives('promise', '{ y: Promise.resolve(1) }', notJson('"y" is a Promise')),
  gives('boxed', '{ y: new Number(3) }', notJson('"y" is a Number')),
  gives(
    'constructor-lies',
    "{ y: Object.create({ get constructor() { throw new Error('no') } }) }",
    notJson('"y" is a class instance'),
  ),
  gives('surrogate', "{ y: 'a\\ud800' }", notJson('"y" is not well-formed Unicode')),
  gives('surrogate-key', "{ y: { 'a\\ud800': 1 } }", notJson('"y" has a key that is not well-formed Unicode')),
  gives('symbol-key', "{ y: { [Symbol('s')]: 1 } }", notJson('"y" has a key that is a symbol')),
  gives(
    'deep',
    '(() => { let y: unknown = 1; for (let i = 0; i < 100_000; i++) y = [y]; return { y } })()',
    notJson('"y[0][0]" is nested more than 500 levels deep'),
  ),
  gives(
    'deep-checked',
    '(() => { let y: unknown = 1; for (let i = 0; i < 100_000; i++) y = [y]; return { y } })()',
    refused('Maximum call stack size exceeded'),
    'z.object({ y: z.json() })',
  ),
  gives(
    'getter-throws',
    "{ y: { get a() { throw new Error('no') } } }",
    fails('stage-threw', '"<it>" threw Error: no'),
  ),
  gives('to-json', '{ y: { toJSON: () => 1 } }', notJson('"y.toJSON" is a function')),
  gives(
    'proxy',
    "{ y: new Proxy({}, { ownKeys() { throw new Error('trap') } }) }",
    fails('stage-threw', '"<it>" threw Error: trap'),
  ),
  keeps('proxy-fair', '{ y: new Proxy({ a: 1 }, {}) }', { y: { a: 1 } }),
  gives(
    'proxy-revoked',
    '(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return { y: proxy } })()',
    fails('stage-threw', '"<it>" threw TypeError: Cannot perform \'IsArray\' on a proxy that has been revoked'),
  ),
  gives('beyond', '{ y: 2 ** 53 }', notJson('"y" is an integer beyond 2^53')),
  keeps('without-prototype', '{ y: Object.assign(Object.create(null), { a: 1 }) }', { y: { a: 1 } }),
  keeps('shared-twice', '(() => { const a = { b: 1 }; return { y: [a, a] } })()', { y: [{ b: 1 }, { b: 1 }] }),
  gives(
    'nothing',
    'undefined',
    refused('Invalid input: expected object, received undefined'),
    'z.object({ y: z.int() })',
  ),
  gives(
    'large',
    "{ y: 'x'.repeat(2 ** 20) }",
    fails('output-too-large', '"<it>" returned 1025 KiB of JSON; the limit is 1024 KiB'),
  ),
  gives(
    '256-mib',
    "{ y: 'x'.repeat(2 ** 28) }",
    fails('output-too-large', '"<it>" returned more than 65536 KiB of JSON; the limit is 1024 KiB'),
  ),
  gives(
    'too-long',
    "(() => { const x = 'x'.repeat(2 ** 28); return { y: [x, x, x] } })()",
    fails('output-too-large', '"<it>" returned more than 65536 KiB of JSON; the limit is 1024 KiB'),
  ),
  gives('context', '{ y: context }', notJson('"y.file" is a function')),
]
