import { both, type Form, fine, late, lost, never, threw, untried } from './form.ts'

const blocked = 'a loop in this process can be ended by nobody'

/** Stages that throw what can hardly be told, or where nobody waits for it. */
export const throwing: readonly Form[] = [
  { name: 'throw-null', run: 'throw null', ...both(threw('null')) },
  { name: 'throw-undefined', run: 'throw undefined', ...both(threw('undefined')) },
  { name: 'throw-text', run: "throw 'a \\u001b[31mtext'", ...both(threw('"a \\u001b[31mtext"')) },
  { name: 'throw-number', run: 'throw -0', ...both(threw('0')) },
  { name: 'throw-bigint', run: 'throw 10n', ...both(threw('10')) },
  { name: 'throw-symbol', run: "throw Symbol('s')", ...both(threw('Symbol(s)')) },
  { name: 'throw-function', run: 'throw function broken() {}', ...both(threw('[function broken]')) },
  { name: 'throw-cycle', run: 'const it: any = {}; it.it = it; throw it', ...both(threw('[object Object]')) },
  { name: 'throw-frozen', run: 'throw Object.freeze({ status: 500 })', ...both(threw('{"status":500}')) },
  { name: 'throw-without-prototype', run: 'throw Object.create(null)', ...both(threw('{}')) },
  {
    name: 'throw-untellable',
    run: "throw { toJSON() { throw new Error('no') }, toString() { throw new Error('no') }, get [Symbol.toStringTag]() { throw new Error('no') } }",
    ...both(threw("something that can't be told")),
  },
  {
    name: 'throw-proxy',
    run: "throw new Proxy({}, { get() { throw new Error('trap') }, has() { throw new Error('trap') }, getPrototypeOf() { throw new Error('trap') }, ownKeys() { throw new Error('trap') } })",
    ...both(threw("something that can't be told")),
  },
  {
    name: 'throw-revoked',
    run: 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy',
    ...both(threw("something that can't be told")),
  },
  { name: 'throw-promise', run: "throw Promise.resolve('x')", ...both(threw('{}')) },
  { name: 'throw-marked', run: "throw { [Symbol.for('millrace.diagnostics')]: true }", ...both(threw('{}')) },
  {
    name: 'throw-domexception',
    run: "throw new DOMException('gone', 'AbortError')",
    ...both(threw('AbortError: gone')),
  },
  {
    name: 'message-throws',
    run: "throw Object.defineProperty(new Error('d'), 'message', { get() { throw new Error('no') } })",
    ...both(threw('[object Error]')),
  },
  {
    name: 'message-not-text',
    run: "throw Object.assign(new Error('d'), { message: { at: 1 }, name: 3 })",
    ...both(threw('3: [object Object]')),
  },
  {
    name: 'stack-throws',
    run: "throw Object.defineProperty(new Error('c'), 'stack', { get() { throw new Error('no') } })",
    ...both(threw('Error: c')),
  },
  {
    name: 'cause-throws',
    run: "throw Object.defineProperty(new Error('c'), 'cause', { get() { throw new Error('no') } })",
    ...both(threw('Error: c')),
  },
  {
    name: 'cause-endless',
    run: "class Deep extends Error { override get cause() { return new Deep('d') } } throw new Deep('d')",
    ...both(threw(Array(8).fill('Error: d').join(', caused by '))),
  },
  {
    name: 'cause-cycle',
    run: "const a: any = new Error('a'); a.cause = new Error('b', { cause: a }); throw a",
    ...both(threw('Error: a, caused by Error: b')),
  },
  {
    name: 'errors-10000',
    run: "throw new AggregateError(Array.from({ length: 10_000 }, (_, i) => new Error(String(i))), 'all')",
    ...both(threw('AggregateError: all (Error: 0; Error: 1; Error: 2; Error: 3; Error: 4)')),
  },
  {
    name: 'message-long',
    run: "throw new Error('x'.repeat(10_000_000))",
    ...both(threw(`Error: ${'x'.repeat(1993)}…`)),
  },
  {
    name: 'recursion',
    run: 'const down = (): number => 1 + down(); return { n: down() }',
    ...both(threw('RangeError: Maximum call stack size exceeded')),
  },
  {
    name: 'bad-regexp',
    run: "new RegExp('(' + n); return { n }",
    ...both(threw('SyntaxError: Invalid regular expression: /(7/: Unterminated group')),
  },
  {
    name: 'long-string',
    run: "let text = 'x'; for (;;) text += text",
    ...both(threw('RangeError: Invalid string length')),
  },
  { name: 'reject-function', run: 'return Promise.reject(() => {})', ...both(threw('[function]')) },
  {
    name: 'executor-throws',
    run: "await new Promise(() => { throw new Error('in executor') }); return { n }",
    ...both(threw('Error: in executor')),
  },
  {
    name: 'lost-rejection',
    run: "void Promise.reject(new Error('lost')); await sleep(60); return { n }",
    ...both(lost('Error: lost')),
  },
  { name: 'lost-null', run: 'void Promise.reject(null); await sleep(60); return { n }', ...both(lost('null')) },
  {
    name: 'lost-proxy',
    run: 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); setTimeout(() => { throw proxy }, 1); await sleep(60); return { n }',
    ...both(lost("something that can't be told")),
  },
  {
    name: 'timer-throws',
    run: "setTimeout(() => { throw new Error('in a timer') }, 1); await sleep(60); return { n }",
    ...both(lost('Error: in a timer')),
  },
  {
    name: 'tick-throws',
    run: "process.nextTick(() => { throw new Error('in a tick') }); await sleep(60); return { n }",
    ...both(lost('Error: in a tick')),
  },
  {
    name: 'microtask-throws',
    run: "queueMicrotask(() => { throw new Error('in a microtask') }); await sleep(60); return { n }",
    ...both(lost('Error: in a microtask')),
  },
  {
    name: 'emitter-error',
    run: "const emitter = new EventEmitter(); setTimeout(() => emitter.emit('error', new Error('emitted')), 1); await sleep(60); return { n }",
    ...both(lost('Error: emitted')),
  },
  {
    name: 'stream-error',
    run: "createReadStream('/no/such/file'); await sleep(60); return { n }",
    ...both(lost("Error: ENOENT: no such file or directory, open '/no/such/file'")),
  },
  {
    name: 'late-rejection',
    run: "setTimeout(() => void Promise.reject(new Error('late')), 30); return { n }",
    ...both(fine),
  },
  { name: 'late-throw', run: "setTimeout(() => { throw new Error('late') }, 30); return { n }", ...both(fine) },
  { name: 'late-untellable', run: 'setTimeout(() => { throw Object.create(null) }, 30); return { n }', ...both(fine) },
  { name: 'late-exit', run: 'setTimeout(() => process.exit(0), 30); return { n }', ...both(fine) },
  { name: 'never', run: 'await new Promise(() => {}); return { n }', ...both(never) },
  { name: 'never-unref', run: 'await sleep(1e6, undefined, { ref: false }); return { n }', ...both(never) },
  { name: 'never-thenable', run: 'return { then() {} } as never', ...both(never) },
  {
    name: 'never-with-server',
    run: "createServer().listen(0, '127.0.0.1'); await new Promise(() => {}); return { n }",
    more: "timeout: '700ms'",
    ...both(late('700ms')),
  },
  {
    name: 'never-with-interval',
    run: 'setInterval(() => {}, 5); await new Promise(() => {}); return { n }',
    more: "timeout: '700ms'",
    ...both(late('700ms')),
  },
  { name: 'signal-ignored', run: 'await sleep(1500); return { n }', more: "timeout: '700ms'", ...both(late('700ms')) },
  {
    name: 'thenable-twice',
    run: 'return { then(done: any) { done({ n }); done({ n: 9 }); throw new Error() } } as never',
    ...both(fine),
  },
  {
    name: 'thenable-getter-throws',
    run: "return { get then(): never { throw new Error('then') } } as never",
    ...both(threw('Error: then')),
  },
  { name: 'thenable-rejects', run: 'return { then(_: any, no: any) { no(null) } } as never', ...both(threw('null')) },
  { name: 'hang', run: 'for (;;) n++', more: "timeout: '700ms'", here: untried(blocked), apart: late('700ms') },
  {
    name: 'microtask-flood',
    run: 'for (;;) await null',
    more: "timeout: '700ms'",
    here: untried(blocked),
    apart: late('700ms'),
  },
  {
    name: 'tick-flood',
    run: 'const again = () => process.nextTick(again); again(); await sleep(1); return { n }',
    more: "timeout: '700ms'",
    here: untried(blocked),
    apart: late('700ms'),
  },
  {
    name: 'hostile-first',
    run: 'if (context.attempt === 1) process.exit(0); return { n }',
    more: 'retries: 1',
    attempts: 2,
    ...both(fine),
  },
]
