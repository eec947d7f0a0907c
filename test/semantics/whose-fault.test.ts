import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

/** A stage that is called for 0, 1, 2 in a map that forgives failures, one that runs beside it, and more definitions. */
const text = (run: string, options = '', more = '', last = '') => `
import { spawn } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
${more}
export const odd = stage('odd', { input: z.object({ i: z.number(), n: z.number() }), output: z.object({ d: folder() }), ${options} run: async ({ i }, context) => {
  ${run}
} })
export const beside = stage('beside', { input: z.object({}), output: z.object({ n: z.number() }), run: async () => {
  ${last || 'return { n: 1 }'}
} })
export const demo = pipeline('demo', { input: z.object({}), build: () => {
  const { n } = beside({})
  return { all: map([0, 1, 2], (i) => odd({ i, n }), { failures: 'allow' }), n }
} })
main(import.meta, demo)
`
const long = 'a title from the data '.repeat(14)

const all = ['in this process', "isolate: 'process',"] as const
/** What a stage does at item 1, and what is said of it. */
const asked: Readonly<Record<string, readonly [run: string, message: string, fix: string]>> = {
  'a name that is too long': [
    `return { d: context.folder(i === 1 ? '${long}' : 'short') }`,
    `"odd" asks for the folder "${long.slice(0, 77)}…", which can't be made: ENAMETOOLONG, name too long`,
    'Give it a shorter name.',
  ],
  'a folder below a file of its own': [
    `const { path } = context.file('a'); if (i === 1) writeFileSync(path, ''); return { d: context.folder('a/b') }`,
    `"odd" asks for the folder "a/b", which can't be made: ENOTDIR, not a directory`,
    'Give it a name in whose way no other output stands.',
  ],
  'a folder in the place of a file of its own': [
    `const { path } = context.file('a'); if (i === 1) writeFileSync(path, ''); return { d: context.folder('a') }`,
    `"odd" asks for the folder "a", which can't be made: ENOTDIR, not a directory`,
    'Give it a name in whose way no other output stands.',
  ],
  'a folder below a link to itself': [
    `const { path } = context.file('a'); if (i === 1) symlinkSync('a', path); return { d: context.folder('a/b') }`,
    `"odd" asks for the folder "a/b", which can't be made: ELOOP, too many symbolic links encountered`,
    'Give it a name in whose way no other output stands.',
  ],
  'a long name of something that nobody wrote': [
    `context.folder('d'); return { d: i === 1 ? context.file('${long}') : context.folder('d') }`,
    `"odd" names the file "${long}" in its output and did not write it`,
    'Write the file before the stage returns.',
  ],
  'folders that are deeper than a path can tell': [
    `const d = context.folder('d'); const cwd = process.cwd()
     if (i === 1) { process.chdir(d.path); for (let n = 0; n < 25; n++) { const at = 'n'.repeat(200); mkdirSync(at); process.chdir(at) } process.chdir(cwd) }
     return { d }`,
    `"odd" can't hand out "d": can't read "d/${'n'.repeat(77)}…${'n'.repeat(39)}": ENAMETOOLONG, name too long`,
    'Hand out regular files, and folders of them.',
  ],
}

for (const [what, [run, message, fix]] of Object.entries(asked))
  for (const how of all)
    test(`${what}, ${how}: that item fails, and the others don't`, async () => {
      const { run: start } = program(text(run, how === all[1] ? how : ''))
      const { code, stderr, events } = await start(['--json', '--progress', 'quiet'])
      const failed = events().filter(({ event }) => event === 'stage.failed')
      expect(failed).toMatchObject([{ node: 'odd', index: [1], cause: { message, fix } }])
      expect([code, stderr]).toEqual([0, '3 ran, 0 cached, 0 skipped, 1 failed, <s>\n'])
      expect(events().at(-1)).toMatchObject({ output: { all: [{ d: {} }, null, { d: {} }], n: 1 } })
    })

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const can = (before: readonly string[]): boolean => {
  try {
    const [command = 'true', ...words] = [...before, 'true']
    execFileSync(command, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
/** Words before a command that runs with a user's rights, for whom a mode counts. */
const asUser = process.getuid?.() === 0 ? nobody : []

test.runIf(can(asUser))('what a stage took its own rights to is its own fault', async () => {
  const { folder, run } = program(
    text(
      `const d = context.folder('d'); writeFileSync(d.path + '/a', ''); if (i === 1) chmodSync(d.path + '/a', 0); return { d }`,
    ),
  )
  if (asUser.length > 0) execFileSync('chown', ['-R', '65534', folder])
  const { code, events } = await run(['--json'], {
    before: asUser,
    env: { HOME: folder, NODE_COMPILE_CACHE: undefined },
  })
  expect(events().filter(({ event }) => event === 'stage.failed')).toMatchObject([
    {
      index: [1],
      cause: {
        code: 'invalid-output',
        message: `"odd" can't hand out "d": can't read "d/a": EACCES, permission denied`,
      },
    },
  ])
  expect(code).toBe(0)
})

// ------------------------------------------------------------ what a system has no more of

const limited = ['sh', '-c', 'ulimit -n 1000; exec "$@"', 'sh']
const leak = (left: number) =>
  `const open = []; try { for (;;) open.push(openSync('/dev/null', 'r')) } catch {} for (const fd of open.splice(0, ${left})) closeSync(fd); return { n: 1 }`
const writes = `const d = context.folder('d'); writeFileSync(d.path + '/a', ''); return { d }`
const fix =
  '  fix: Raise its limits (ulimit -n, ulimit -u), run fewer stages at once with --jobs, or close what stages open.\n'

test('when stages left no file to open, no stage is blamed and no map forgives it; the next run goes on', async () => {
  const more = 'let full = process.env.FULL !== undefined'
  const { run } = program(text(writes, '', more, `if (!full) return { n: 1 }; ${leak(2)}`))
  const first = await run(['--progress', 'quiet', '--in-process'], { before: limited, env: { FULL: '' } })
  const told = 'error[process-failed]: this process can open no more files\n'
  expect([first.code, first.stdout, first.stderr]).toEqual([
    1,
    '',
    `${told}${fix}1 ran, 0 cached, 0 skipped, 0 failed, <s>\n`,
  ])
  const second = await run(['--progress', 'quiet'], { before: limited })
  expect([second.code, second.stderr]).toEqual([0, '3 ran, 1 cached, 0 skipped, 0 failed, <s>\n'])
  expect((await run(['runs', 'list'])).stdout.match(/<run>/g)).toHaveLength(1)
})

for (const [left, lacking] of [
  [1, 'open no more files'],
  [3, 'start no process for "odd": EMFILE'],
  [6, 'start no process for "odd": EMFILE'],
] as const)
  test(`with ${left} files left no process can be started: no stage is blamed`, async () => {
    const { run } = program(text(writes, all[1], '', leak(left)))
    const { code, stderr } = await run(['--progress', 'quiet', '--jobs', '1', '--in-process'], { before: limited })
    const told = `error[process-failed]: this process can ${lacking}\n`
    expect([code, stderr]).toEqual([1, `${told}${fix}1 ran, 0 cached, 0 skipped, 0 failed, <s>\n`])
  })

test("where Millrace's own file can't be opened, it is named, and the next run goes on", async () => {
  const { run } = program(text(writes, '', '', `if (process.env.FULL === undefined) return { n: 1 }; ${leak(0)}`))
  const first = await run(['--progress', 'quiet', '--in-process'], { before: limited, env: { FULL: '' } })
  expect([first.code, first.stderr]).toEqual([
    5,
    `error[store-failed]: can't write "store/results/packs/<run>.jsonl": EMFILE, too many open files
  fix: Raise the limit of open files (ulimit -n), or run fewer stages at once with --jobs.
0 ran, 0 cached, 0 skipped, 0 failed, <s>
`,
  ])
  const second = await run(['--progress', 'quiet'])
  expect([second.code, second.stderr]).toEqual([0, '4 ran, 0 cached, 0 skipped, 0 failed, <s>\n'])
})

test('a worker in which stages left no file to open is not used again', async () => {
  const { run } = program(text(writes, '', '', leak(0)))
  const { code, stderr, events } = await run(['--json', '--progress', 'quiet', '--jobs', '1'], {
    before: limited,
    env: { MILLRACE_LIGHT: '0' },
  })
  expect([code, stderr]).toEqual([0, '4 ran, 0 cached, 0 skipped, 0 failed, <s>\n'])
  expect(events().filter(({ event }) => event === 'stage.retrying')).toEqual([])
})

test('a stage that opens too much at once, and closes it, fails itself', async () => {
  const own = `const open = []; try { if (i === 1) for (;;) open.push(openSync('/dev/null', 'r')); return { d: context.folder('d') } } finally { open.forEach(closeSync) }`
  const { run } = program(text(own))
  const { code, events } = await run(['--json'], { before: limited })
  const message = `"odd" threw Error: EMFILE: too many open files, open '/dev/null'`
  expect(events().filter(({ event }) => event === 'stage.failed')).toMatchObject([
    { index: [1], cause: { code: 'stage-threw', message } },
  ])
  expect(code).toBe(0)
})

test.each(all)("a process of its own that its stage left no file in is its stage's fault (%s)", async (how) => {
  const own = `if (i === 1) try { for (;;) openSync('/dev/null', 'r') } catch {} return { d: context.folder('d') }`
  const { run } = program(text(own, how === all[1] ? how : ''))
  const { code, events } = await run(['--json'], { before: limited })
  expect(events().filter(({ event }) => event === 'stage.failed')).toMatchObject([
    {
      index: [1],
      cause: {
        code: 'process-failed',
        message: 'the process of "odd" can open no more files',
        fix: 'Close or end what the stage opens or starts, or raise the limits (ulimit -n, ulimit -u).',
      },
    },
  ])
  expect(code).toBe(0)
})

// ------------------------------------------------------------ what a disk refuses by itself

/** A file system of its own for the store, with room for little. */
const small = (folder: string) => [
  'unshare',
  '-m',
  'sh',
  '-c',
  `mkdir -p ${folder}/store && mount -t tmpfs -o size=256k none ${folder}/store && exec "$@"`,
  'sh',
]

for (const how of all)
  test.runIf(can(small(join(import.meta.dirname, '../.tmp'))))(`a full disk is the store's fault, ${how}`, async () => {
    const own = `const d = context.folder('d'); if (i === 1) writeFileSync(d.path + '/a', Buffer.alloc(1e6)); return { d }`
    const { folder, run } = program(text(own, how === all[1] ? how : ''))
    const { code, stdout, stderr } = await run(['--progress', 'quiet', '--jobs', '1'], { before: small(folder) })
    expect([code, stdout]).toEqual([5, ''])
    expect(stderr).toMatch(
      /^error\[store-failed\]: can't (use|write|create) "store\/[^"]+": ENOSPC, no space left on device\n {2}fix: Free some space on that disk, or choose another store with --store\.\n\d ran, 0 cached, 0 skipped, 0 failed, <s>\n$/,
    )
  })
