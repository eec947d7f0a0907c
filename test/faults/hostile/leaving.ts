import { both, type End, type Form, fails, fine, refused, threw, untried } from './form.ts'

const leave = (name: string, run: string, more: Partial<Form> = {}): Form => ({
  name,
  run: `${run}; return { n }`,
  ...both(fine),
  ...more,
})
const files = 'z.object({ n: z.int(), f: file() })'
const invalid = (message: string): End => fails('invalid-output', message)
const outside = (name: string) =>
  fails('output-outside', `"<it>" names "${name}" as an output, which is outside its folder`)
const notTold = (what: string): End => threw(`TypeError: ${what}`)

/** What keeps the process from being idle, by which a stage that can never end is known: alone, or not in the same. */
const awake = { loud: true } as const

/** Stages that leave something behind, or misuse what they are given. */
export const leaving: readonly Form[] = [
  leave('interval', 'setInterval(() => {}, 5)', awake),
  leave('server', "createServer().listen(0, '127.0.0.1')", awake),
  leave('watcher', "watch('.', () => {})", awake),
  leave('stdin', 'process.stdin.resume()', awake),
  leave('worker', "new Worker('for (;;);', { eval: true })", awake),
  leave('child', "spawn('sleep', ['1000'])", awake),
  leave('child-shell', "exec('sleep 1000; echo done')", awake),
  leave('child-ignored', "spawn('sleep', ['1000'], { stdio: 'ignore' }).unref()", awake),
  leave(
    'child-fork',
    "fork(process.argv[1] as string, ['--nothing'], { silent: true, execArgv: ['-e', 'setInterval(() => {}, 1000)'] })",
    awake,
  ),
  leave('timers-10000', 'for (let i = 0; i < 10_000; i++) setTimeout(() => {}, 1e6)', awake),
  leave('open-files', "for (let i = 0; i < 200; i++) openSync('/dev/null', 'r')"),
  leave('metrics-10000', "for (let i = 0; i < 10_000; i++) context.metric('loss', i, i)"),
  leave(
    'log-cycle',
    "const data: any = { big: 10n }; data.data = data; context.log('cycle', data); context.log(undefined as never, () => {})",
  ),
  leave('log-untellable', "context.log({ toString() { throw new Error('no') } } as never)", both(threw('Error: no'))),
  leave('log-getter', "context.log('x', { get y() { throw new Error('no') } })", both(threw('Error: no'))),
  leave(
    'metric-bad',
    'context.metric(3 as never, 1)',
    both(notTold('context.metric(3, 1): give a name and a finite number')),
  ),
  leave(
    'metric-cycle',
    'const name: any = {}; name.name = name; context.metric(name, 1)',
    both(notTold('context.metric([object Object], 1): give a name and a finite number')),
  ),
  leave(
    'context-later',
    "setTimeout(() => { context.metric('late', 1); context.log('late'); console.log('late'); writeFileSync(context.file('late').path, 'x') }, 30)",
  ),
  leave('lines-million', 'for (let i = 0; i < 1e6; i++) console.log(`line ${i}`)', { loud: true, log: 'million' }),
  leave(
    'stdout-1-gib',
    "const block = `${'x'.repeat(65_535)}\\n`; for (let i = 0; i < 16_384; i++) process.stdout.write(block)",
    { loud: true, log: 'cut' },
  ),
  leave(
    'stdout-one-line',
    "const block = 'x'.repeat(65_536); for (let i = 0; i < 4096; i++) process.stderr.write(block)",
    {
      loud: true,
      log: 'cut',
    },
  ),
  leave(
    'stream-open',
    "const f = context.file('x'); const out = createWriteStream(f.path); await new Promise((open) => out.on('open', open)); return { n, f }",
    {
      output: files,
      ...both(invalid('"<it>" can\'t hand out "x": it is still open for writing')),
    },
  ),
  leave(
    'stream-in-folder',
    "const f = context.folder('x'); const out = createWriteStream(join(f.path, 'y')); await new Promise((open) => out.on('open', open)); return { n, f }",
    {
      output: files.replace('file()', 'folder()'),
      ...both(invalid('"<it>" can\'t hand out "x": it is still open for writing')),
    },
  ),
  leave('file-up', "context.file('../x')", both(outside('../x'))),
  leave('file-absolute', "context.file('/etc/passwd')", both(outside('/etc/passwd'))),
  leave('file-empty', "context.file('')", both(outside(''))),
  leave('file-nul', "context.file('a\\0b')", both(outside('a\0b'))),
  leave('file-not-text', 'context.file({ toString() { throw new Error() } } as never)', both(threw('Error'))),
  leave(
    'file-long',
    "writeFileSync(context.file('x'.repeat(300)).path, 'x')",
    both(threw(`Error: ENAMETOOLONG: name too long, open '<files>/${'x'.repeat(300)}'`)),
  ),
  leave('file-named', "return { n, f: '../../../../program.ts' } as never", {
    output: files,
    ...both(refused('f: Invalid input: expected what context.file() gave (it is "../../../../program.ts")')),
  }),
  leave('file-absent', "return { n, f: context.file('x') }", {
    output: files,
    ...both(fails('no-output', '"<it>" names the file "x" in its output and did not write it')),
  }),
  leave(
    'file-forged',
    "return { n, f: { path: '/etc/passwd', digest: `sha256:${'0'.repeat(64)}`, size: 1 } } as never",
    {
      output: files,
      ...both(fails('output-outside', '"<it>" names "/etc/passwd" as its output "f", which is outside its folder')),
    },
  ),
  leave('file-folder', "const f = context.file('x'); mkdirSync(f.path); return { n, f }", {
    output: files,
    ...both(invalid('"<it>" can\'t hand out "x": can\'t take "x": it is a folder')),
  }),
  leave('file-symlink', "const f = context.file('x'); symlinkSync('/etc/passwd', f.path); return { n, f }", {
    output: files,
    ...both(fails('output-outside', '"<it>" names "x" as its output "f", which is outside its folder')),
  }),
  leave(
    'file-symlink-inside',
    "writeFileSync(context.file('y').path, 'y'); const f = context.file('x'); symlinkSync('y', f.path); return { n, f }",
    { output: files, ...both(invalid('"<it>" can\'t hand out "x": a symbolic link')) },
  ),
  leave('file-fifo', "const f = context.file('x'); execFileSync('mkfifo', [f.path]); return { n, f }", {
    output: files,
    ...both(invalid('"<it>" can\'t hand out "x": can\'t take "x": it is not a regular file')),
  }),
  leave(
    'file-removed',
    "const f = context.file('x'); writeFileSync(f.path, 'x'); rmSync(dirname(f.path), { recursive: true }); return { n, f }",
    { output: files, ...both(fails('no-output', '"<it>" names the file "x" in its output and did not write it')) },
  ),
  leave('folder-fifo', "const f = context.folder('x'); execFileSync('mkfifo', [join(f.path, 'p')]); return { n, f }", {
    output: files.replace('file()', 'folder()'),
    ...both(invalid('"<it>" can\'t hand out "x": can\'t take "x/p": it is not a regular file')),
  }),
  leave('folder-cycle', "const f = context.folder('x'); symlinkSync('.', join(f.path, 'self')); return { n, f }", {
    output: files.replace('file()', 'folder()'),
    ...both(invalid('"<it>" can\'t hand out "x": can\'t take "x/self": it is a symbolic link')),
  }),
  leave('schema-throws', '', {
    output: "z.object({ n: z.int().refine(() => { throw new Error('in a check') }) })",
    ...both(fails('invalid-output', '"<it>" returned what its output schema refuses: in a check')),
  }),
  leave('schema-throws-null', '', {
    output: 'z.object({ n: z.int().refine(() => { throw null }) })',
    ...both(fails('invalid-output', '"<it>" returned what its output schema refuses: null')),
  }),
  leave('schema-rejects', '', {
    output: "z.object({ n: z.int().refine(async () => { throw new Error('in a check') }) })",
    ...both(fails('invalid-output', '"<it>" returned what its output schema refuses: in a check')),
  }),
  leave('schema-never', '', {
    output: 'z.object({ n: z.int().refine(() => new Promise<boolean>(() => {})) })',
    ...both(fails('never-settled', '"<it>" returned a promise that nothing can settle any more')),
  }),
  leave('schema-slow', '', {
    output: 'z.object({ n: z.int().refine(async () => { await sleep(100); return true }) })',
  }),
  leave('schema-exits', '', {
    output: 'z.object({ n: z.int().refine(() => process.exit(0)) })',
    ...both(fails('exit-called', '"<it>" called process.exit(0)')),
  }),
  leave('schema-input-throws', '', {
    input: "z.object({ n: z.int().refine(() => { throw new Error('in a check') }) })",
    ...both(fails('invalid-input', '"<it>" got an input that its schema refuses: in a check')),
  }),
  leave('fd-0-closed', 'closeSync(0)', { loud: true }),
  leave('fd-1-closed', 'closeSync(1)', { loud: true, here: untried('the file descriptors are those of the run') }),
  leave('fd-2-closed', 'closeSync(2)', { loud: true, here: untried('the file descriptors are those of the run') }),
  leave('fds-closed', 'for (let fd = 3; fd < 64; fd++) try { closeSync(fd) } catch {}', {
    loud: true,
    here: untried('the file descriptors are those of the run'),
    apart: fails('process-failed', 'the process of "<it>" was ended by SIGABRT (6)'),
  }),
]
