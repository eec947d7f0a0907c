import { both, called, type Form, fails, fine, lost, threw, untried } from './form.ts'

const process = (how: string) => fails('process-failed', `the process of "<it>" ${how}`)
const noOutput = fails('no-output', 'the process of "<it>" ended with 0 and without an output')

/** Stages that end the process, or leave what ends it otherwise. */
export const ending: readonly Form[] = [
  { name: 'exit-0', run: 'process.exit(0)', ...both(called('process.exit(0)')) },
  { name: 'exit-1', run: 'process.exit(1)', ...both(called('process.exit(1)')) },
  { name: 'exit-without-code', run: 'process.exit()', ...both(called('process.exit()')) },
  { name: 'exit-later', run: 'await sleep(1); process.exit(0)', ...both(called('process.exit(0)')) },
  { name: 'exit-caught', run: 'try { process.exit(0) } catch {} return { n }', ...both(called('process.exit(0)')) },
  {
    name: 'exit-in-timer',
    run: 'setTimeout(() => process.exit(0), 1); await sleep(60); return { n }',
    ...both(called('process.exit(0)')),
  },
  { name: 'exit-code-set', run: 'process.exitCode = 3; return { n }', loud: true, ...both(fine) },
  {
    name: 'exit-replaced',
    run: 'process.exit = (() => {}) as never; process.exit(0); return { n }',
    loud: true,
    ...both(fine),
  },
  {
    name: 'really-exit',
    run: '(process as any).reallyExit(0)',
    here: called('process.reallyExit(0)'),
    apart: noOutput,
  },
  {
    name: 'abort',
    run: 'process.abort()',
    here: called('process.abort()'),
    apart: process('was ended by SIGABRT (6)'),
  },
  {
    name: 'kill-9',
    run: "process.kill(process.pid, 'SIGKILL'); await sleep(9000)",
    here: called("process.kill(process.pid, 'SIGKILL')"),
    apart: process('was ended by SIGKILL (9)'),
  },
  {
    name: 'kill-term',
    run: 'process.kill(process.pid); await sleep(9000)',
    here: called("process.kill(process.pid, 'SIGTERM')"),
    apart: process('was told to stop by SIGTERM'),
  },
  {
    name: 'kill-int',
    run: "process.kill(process.pid, 'SIGINT'); await sleep(9000)",
    here: called("process.kill(process.pid, 'SIGINT')"),
    apart: process('was told to stop by SIGINT'),
  },
  {
    name: 'stop',
    run: "process.kill(process.pid, 'SIGSTOP'); await sleep(9000)",
    more: "timeout: '700ms'",
    here: called("process.kill(process.pid, 'SIGSTOP')"),
    apart: fails('stage-timeout', '"<it>" did not end within its timeout of 700ms'),
  },
  {
    name: 'kill-by-shell',
    run: "execFileSync('/bin/sh', ['-c', 'kill -9 $PPID']); await sleep(9000)",
    loud: true,
    // here that of a worker
    ...both(process('was ended by SIGKILL (9)')),
  },
  {
    name: 'execve',
    run: "(process as any).execve('/bin/true', ['true'])",
    here: called('process.execve()'),
    apart: noOutput,
  },
  {
    name: 'exit-handler-throws',
    run: "process.on('exit', () => { throw new Error('at exit') }); return { n }",
    ...both(fine),
  },
  {
    name: 'exit-handler-succeeds',
    run: "process.on('exit', () => { process.exitCode = 0 }); process.on('exit', () => process.exit(0)); throw new Error('no')",
    ...both(threw('Error: no')),
  },
  {
    name: 'exit-handler-fails',
    run: "process.on('exit', () => { process.exitCode = 9; process.exit(9) }); return { n }",
    ...both(fine),
  },
  {
    name: 'listeners-removed',
    run: "process.removeAllListeners('uncaughtException'); process.removeAllListeners('unhandledRejection'); late(self, () => { throw new Error('late') }); return { n }",
    ...both(fine),
  },
  {
    name: 'all-listeners-removed',
    run: "process.removeAllListeners(); setTimeout(() => { throw new Error('soon') }, 1); await sleep(60); return { n }",
    ...both(lost('Error: soon')),
  },
  {
    name: 'listeners-taken',
    run: "for (const name of ['uncaughtException', 'unhandledRejection', 'beforeExit', 'exit', 'SIGTERM']) for (const one of process.listeners(name as any)) process.off(name, one as any); await new Promise(() => {})",
    ...both(fails('never-settled', '"<it>" returned a promise that nothing can settle any more')),
  },
  {
    name: 'disconnect',
    run: 'process.disconnect(); await sleep(9000)',
    here: threw('TypeError: process.disconnect is not a function'),
    apart: process('was ended by SIGKILL (9)'),
  },
  {
    name: 'heap',
    run: 'const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(n))',
    more: "resources: { memory: '48Mi' }",
    here: untried('the heap is that of the run'),
    apart: process('ran out of memory: its heap may have 38 MiB of its 48Mi'),
  },
]
