import { both, called, type End, type Form, fails, fine, untried } from './form.ts'

const patch = (name: string, run: string, more: Partial<Form> = {}): Form => ({
  name,
  run: `${run}; return { n }`,
  loud: true,
  ...both(fine),
  ...more,
})
/** What the author's own code needs as much as ours. */
const shared: End = untried('all code of this process uses it')
const unsure = (name: string, run: string, apart: End = fine): Form => patch(name, run, { here: shared, apart })

/** Stages that change what all code of a process uses. */
export const patching: readonly Form[] = [
  patch('json-stringify', "JSON.stringify = () => '{}'"),
  patch('json-stringify-throws', "JSON.stringify = () => { throw new Error('no') }"),
  patch('json-parse', 'JSON.parse = () => ({ n: 9 })'),
  patch('json-gone', "globalThis.JSON = { parse: () => 1, stringify: () => '1' } as never"),
  patch(
    'promise-then',
    'const then = Promise.prototype.then; let calls = 0; Promise.prototype.then = function (...given: any) { calls++; return Reflect.apply(then, this, given) } as never',
  ),
  unsure(
    'promise-then-throws',
    "Promise.prototype.then = () => { throw new Error('no') }",
    fails('invalid-output', '"<it>" returned what its output schema refuses: no'),
  ),
  patch(
    'promise-finally',
    'Promise.prototype.finally = Promise.prototype.catch = (() => new Promise(() => {})) as never',
  ),
  patch('promise-gone', 'globalThis.Promise = class { constructor() { throw new Error() } } as never'),
  patch('promise-race', 'Promise.race = Promise.all = (() => new Promise(() => {})) as never'),
  patch(
    'timers',
    'globalThis.setTimeout = globalThis.setImmediate = globalThis.setInterval = (() => 0) as never; globalThis.clearTimeout = () => {}; globalThis.queueMicrotask = () => {}',
  ),
  patch('clock-frozen', 'Date.now = () => 0; performance.now = () => 0'),
  patch('clock-back', 'const now = Date.now; Date.now = () => now() - 864e5; performance.now = () => -1e9'),
  patch('clock-gone', "globalThis.Date = class { toISOString() { return 'x' } static now() { return NaN } } as never"),
  patch('random', 'Math.random = () => 0'),
  unsure('buffer', "Buffer.byteLength = () => 0; Buffer.from = () => { throw new Error('no') }"),
  patch('env-cleared', 'for (const name of Object.keys(process.env)) delete process.env[name]'),
  patch(
    'env-set',
    "process.env.MILLRACE_STORE = '/nowhere'; process.env.NODE_OPTIONS = '--nonsense'; process.env.TMPDIR = '/nowhere'",
  ),
  patch('chdir', "process.chdir('/')"),
  patch('chdir-gone', "const gone = mkdtempSync(join(tmpdir(), 'gone-')); process.chdir(gone); rmdirSync(gone)"),
  patch('umask', 'process.umask(0o777)'),
  patch('title', "process.title = 'x'"),
  patch('arguments', "process.argv.length = 0; process.execArgv.length = 0; process.execPath = '/nowhere'"),
  patch('console-silent', 'console.log = console.info = console.error = () => {}'),
  patch('console-throws', "console.log = () => { throw new Error('no') }"),
  patch('stdout-write', 'process.stdout.write = process.stderr.write = () => true'),
  patch('stdout-end', 'process.stdout.end(); process.stderr.end()'),
  patch('stdout-destroy', 'process.stdout.destroy(); process.stderr.destroy()'),
  patch('stdout-cork', 'process.stdout.cork(); process.stderr.cork()'),
  patch('stdout-error', "process.stdout.emit('error', new Error('no'))", {
    ...both(fails('stage-threw', '"<it>" threw Error: no')),
  }),
  patch(
    'stdout-write-later',
    'const write = process.stdout.write; process.stdout.write = () => true; setTimeout(() => { process.stdout.write = write }, 30)',
  ),
  patch('raw-stdout', "writeSync(1, 'garbage\\n')", { spoils: 'garbage' }),
  patch('raw-stdout-child', "execFileSync('echo', ['garbage'], { stdio: 'inherit' })", { spoils: 'garbage' }),
  patch('prototype-polluted', "(Object.prototype as any).polluted = 'x'"),
  patch(
    'prototype-frozen',
    'Object.freeze(Object.prototype); Object.freeze(Array.prototype); Object.freeze(Function.prototype)',
  ),
  patch(
    'prototype-names',
    "for (const name of ['index', 'path', 'retry', 'cause', 'data', 'replace', 'merged', 'after', 'signal']) (Object.prototype as any)[name] = 'x'",
    { here: shared },
  ),
  patch(
    'array-map',
    'const map = Array.prototype.map; Array.prototype.map = function (...given: any) { return Reflect.apply(map, this, given) }',
  ),
  unsure('array-map-garbage', 'Array.prototype.map = () => []'),
  unsure('array-push', 'Array.prototype.push = () => 0'),
  unsure(
    'to-json',
    "(Object.prototype as any).toJSON = () => 'evil'",
    fails('no-output', 'the process of "<it>" ended with 0 and an incomplete output'),
  ),
  unsure(
    'object-keys',
    'Object.keys = () => []',
    fails(
      'invalid-output',
      '"<it>" returned what its output schema refuses: n: Invalid input: expected number, received undefined',
    ),
  ),
  unsure('map-get', 'Map.prototype.get = () => undefined'),
  unsure('next-tick', 'process.nextTick = () => {}'),
  patch('stage-listener', "process.on('uncaughtException', () => {}); process.on('SIGTERM', () => {})"),
  patch('emit', "process.emit('beforeExit' as never, 0 as never)"),
  patch('resources-changed', "context.resources.cpu = 1e6; context.env.A = 'b'; context.worker.count = 9"),
  patch(
    'signal-abused',
    "context.signal.dispatchEvent(new Event('abort')); context.signal.throwIfAborted = () => { throw new Error() }",
  ),
  patch('input-changed', 'input.n = 99; input.row.list.length = 0', {
    input: 'z.object({ n: z.int(), row: z.any() })',
  }),
  {
    name: 'exit-from-getter',
    run: 'return { get n() { return process.exit(0) } } as never',
    ...both(called('process.exit(0)')),
  },
]
