import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended, PodFolder, type PodOf, pod, type StartOptions } from './pod.ts'

interface Failed {
  readonly ran: Ended
  readonly folder: PodFolder
}

/** Runs what must fail, and checks that all who may be asked are told the same. */
async function failing(of: PodOf | PodFolder, options: StartOptions = {}): Promise<Failed> {
  const folder = of instanceof PodFolder ? of : await pod(of)
  const ran = await folder.run('a', options)
  expect(folder.markers()).toEqual({ done: [], failed: ['0-a.json'], stopped: [] })
  const marker = folder.json('failed', '0-a.json') as { cause: { message: string }; retry: boolean }
  expect([ran.code, ran.signal]).toEqual([marker.retry ? 1 : 65, null])
  expect(folder.list('attempts', '0-a')).not.toContain('output.json')
  return { ran, folder }
}

const act = (what: string): PodOf => ({ stage: 'act', input: { what } })

test('what a stage throws is told to the driver, to Kubernetes and to who reads the log', async () => {
  const { ran, folder } = await failing(act('throw'))
  expect(ran).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(
      /^error\[stage-threw\]: "work" threw Error: boom, caused by "the weather"\n {2}at throw \(<dir>\/tmp-0\/millrace-code\/stages\.mjs:\d+:\d+\)\n {2}at run \(<dir>\/tmp-0\/millrace-code\/stages\.mjs:\d+:\d+\)\n {2}fix: Mend the stage, or give it retries if the cause passes by itself\.\n$/,
    ),
    last: '"work" threw Error: boom, caused by "the weather"',
  })
  expect(folder.json('failed', '0-a.json')).toEqual({
    cause: {
      code: 'stage-threw',
      severity: 'error',
      message: '"work" threw Error: boom, caused by "the weather"',
      at: { pipeline: 'demo', node: 'work' },
      fix: 'Mend the stage, or give it retries if the cause passes by itself.',
      stack: ['throw', 'run'].map((name) => ({
        function: name,
        file: join(folder.folder, 'tmp-0/millrace-code/stages.mjs'),
        line: expect.any(Number),
        column: expect.any(Number),
      })),
      causes: [],
    },
    retry: true,
    log: '',
  })
})

test('the last word that Kubernetes keeps is cut between two characters', async () => {
  const { ran, folder } = await failing(act('throw-long'))
  const { cause } = folder.json('failed', '0-a.json') as { cause: { message: string } }
  expect(cause.message).toBe(`"work" threw Error: ${'ö'.repeat(1993)}…`)
  const long = await pod({
    stage: `${Array.from({ length: 9 }, (_, i) => `const e${i} = new Error('ö'.repeat(900)${i > 0 ? `, { cause: e${i - 1} }` : ''})`).join('\n')}
throw e8
export { act as default } from './stages.mjs'`,
  })
  const { last } = (await failing(long)).ran
  expect(Buffer.byteLength(last)).toBeLessThanOrEqual(4096)
  expect(Buffer.byteLength(last)).toBeGreaterThan(4090)
  expect(last).not.toContain('\uFFFD')
  expect(ran.last).toBe(cause.message)
})

test.each([
  [
    'throw-null',
    'error[stage-threw]: "work" threw null\n  fix: Mend the stage, or give it retries if the cause passes by itself.\n',
  ],
  [
    'never',
    'error[never-settled]: "work" returned a promise that nothing can settle any more\n' +
      '  fix: Make sure that the promise is resolved or rejected on each way through the stage.\n',
  ],
  [
    'exit',
    'error[exit-called]: "work" called process.exit(0)\n  at exit (<dir>/tmp-0/millrace-code/stages.mjs:<place>)\n' +
      '  at run (<dir>/tmp-0/millrace-code/stages.mjs:<place>)\n' +
      '  fix: Return the output to succeed, throw an error to fail.\n',
  ],
  [
    'unhandled',
    'error[unhandled-error]: "work" left unhandled Error: nobody awaits it\n' +
      '  at unhandled (<dir>/tmp-0/millrace-code/stages.mjs:<place>)\n' +
      '  at run (<dir>/tmp-0/millrace-code/stages.mjs:<place>)\n' +
      '  fix: Await each promise that the stage starts, and catch what its callbacks throw.\n',
  ],
  [
    'refused',
    'error[invalid-output]: "work" returned what its output schema refuses: text: Invalid input: expected string, received number (it is 7)\n' +
      '  fix: Return what the output schema says, or correct the schema.\n',
  ],
])('%s', async (what, stderr) => {
  const { ran } = await failing(act(what))
  expect(ran.stderr.replace(/mjs:\d+:\d+/g, 'mjs:<place>')).toBe(stderr)
  expect(ran.code).toBe(what === 'refused' ? 65 : 1)
})

const loading = (code: string): PodOf => ({
  stage: `${code}\nexport { act as default } from './stages.mjs'`,
  input: { what: 'x' },
})

test.each([
  ['process.exit(0)', 'error[exit-called]: "work" called process.exit(0)'],
  ['await new Promise(() => {})', 'error[never-settled]: "work" returned a promise that nothing can settle any more'],
  ["throw new Error('not today')", 'error[stage-threw]: "work" threw Error: not today'],
  ["void Promise.reject(new Error('lost'))", 'error[unhandled-error]: "work" left unhandled Error: lost'],
  [
    "setTimeout(() => { throw new Error('late') }); await new Promise((done) => setTimeout(done, 500))",
    'error[unhandled-error]: "work" left unhandled Error: late',
  ],
])('while its module is loaded: %s', async (code, line) => {
  const { ran } = await failing(loading(code))
  expect([ran.stderr.split('\n')[0], ran.code]).toEqual([line, 1])
})

test('what a module prints while it is loaded is in the log', async () => {
  const folder = await pod(loading("console.log('loading')"))
  expect(await folder.run('a')).toEqual({ code: 0, signal: null, stdout: 'loading\n', stderr: '', last: '' })
  expect(folder.read('attempts', '0-a', 'log.txt')).toBe('loading\n')
})

test('a process that ends past all guards leaves no done marker', async () => {
  const folder = await pod(act('really-exit'))
  expect((await folder.run('a')).code).toBe(0)
  expect(folder.markers()).toEqual({ done: [], failed: [], stopped: [] })
  // handlers of a stage's own, which the event loop calls as nobody's
  const { ran } = await failing(loading("process.on('beforeExit', () => process.exit(0)); await new Promise(() => {})"))
  expect(ran.stderr).toBe(
    'error[no-output]: the process of "work" ended with 0 and without an output\n' +
      '  fix: Return the output; do not end the process inside the stage.\n',
  )
})

const releasedWith = (code: string) =>
  `error[wrong-code]: "work" was released with the code ${code}, and its Job has <digest>\n  fix: Compile and apply again.\n`

test("code that is not the plan's is not run", async () => {
  const { ran, folder } = await failing({ ...act('x'), item: { codeDigest: `sha256:${'ee'.repeat(32)}` } })
  expect(folder.json('failed', '0-a.json')).toMatchObject({ cause: { at: { pipeline: 'demo', node: 'work' } } })
  expect(ran).toMatchObject({ code: 65, stderr: releasedWith('<digest>') })
})

test.each([
  [
    'another version',
    { version: 2 },
    'the input of "demo-stage-0123456789ab" has version 2, and this runner reads version 1',
    'Compile and apply again, so that driver and runner are of one version.',
  ],
  [
    'another input',
    { input: { what: 'changed' } },
    '"work" got an input that is not the one it was released with',
    'Run again when nothing else writes to the store.',
  ],
])('an item of %s is refused', async (_, item, message, fix) => {
  const { ran } = await failing({ ...act('x'), item })
  expect(ran).toMatchObject({ code: 65, stderr: `error[invalid-input]: ${message}\n  fix: ${fix}\n`, last: message })
})

test('an item that does not come is waited for, and told', async () => {
  const folder = await pod(act('x'))
  rmSync(folder.item())
  const { ran } = await failing(folder)
  const message = (why: string) =>
    `the input of "demo-stage-0123456789ab" did not come within 0.3 s: "<dir>/store/released/7c0f6e1a-0000-4000-8000-00000000000a/items/0.json" ${why}`
  expect(ran).toMatchObject({
    code: 1,
    stderr: `error[store-failed]: ${message("isn't there")}\n  fix: Check that the driver and this pod mount the same store's volume.\n`,
    last: message("isn't there"),
  })
  expect(folder.json('failed', '0-a.json')).toMatchObject({ cause: { at: { pipeline: null, node: null } } })
  writeFileSync(folder.item(), '{ "version": 1, "inp')
  expect((await folder.run('b')).last).toBe(message('is not whole'))
})

test('code that can not be unpacked, and a module without a stage', async () => {
  const folder = await pod(act('x'))
  writeFileSync(join(folder.folder, 'code.gz'), 'no gzip')
  expect((await failing(folder)).ran).toMatchObject({
    code: 65,
    stderr:
      'error[wrong-code]: the code "<dir>/code.gz" can\'t be unpacked: incorrect header check\n  fix: Compile and apply again.\n',
  })
  expect((await failing({ stage: 'export const other = 1' })).ran).toMatchObject({
    code: 65,
    stderr:
      'error[wrong-code]: the module "stage.mjs" of the code has no stage as its default export\n  fix: Compile and apply again.\n',
  })
})

test('a process that no Job started says so', async () => {
  const folder = await pod(act('x'))
  const started = async (env: Readonly<Record<string, string | undefined>>) => {
    const { code, stderr } = await folder.run('a', { env })
    return [code, stderr]
  }
  const fix = '  fix: Apply the manifests as they were compiled.\n'
  expect(await started({ MILLRACE_POD_UID: undefined })).toEqual([
    65,
    `error[internal-error]: MILLRACE_POD_UID is not set: this process is started by a Job of Millrace only\n${fix}`,
  ])
  expect(await started({ JOB_COMPLETION_INDEX: '-1' })).toEqual([
    65,
    `error[internal-error]: JOB_COMPLETION_INDEX is "-1", which Kubernetes never sets\n${fix}`,
  ])
  expect(folder.markers()).toEqual({ done: [], failed: [], stopped: [] })
})

async function withRows(stage: string): Promise<{ readonly folder: PodFolder; readonly rows: string }> {
  const folder = new PodFolder()
  const rows = folder.artifact('rows.csv', 'a\nb\nc\n') as { path: string }
  const pages = folder.artifact('pages', { 'one.html': '1' })
  await folder.put({ stage, input: stage === 'train' ? { rows, pages } : { rows } })
  return { folder, rows: join(folder.store, rows.path) }
}

const gotRows = '"work" got the file "jobs/other/attempts/0-a/files/rows.csv", which'
const refusedInput = (message: string, fix: string, field = 'rows') => ({
  stderr: `error[invalid-input]: ${message}\n  fix: ${fix}\n`,
  at: { pipeline: 'demo', node: 'work', path: field },
})

async function refusal(folder: PodFolder): Promise<object> {
  const { ran } = await failing(folder)
  expect(ran.code).toBe(65)
  const { at } = (folder.json('failed', '0-a.json') as { cause: { at: object } }).cause
  return { stderr: ran.stderr, at }
}

test('input artifacts are verified before the stage runs', async () => {
  const damaged = await withRows('train')
  writeFileSync(damaged.rows, 'a\nb\nd\n')
  expect(await refusal(damaged.folder)).toEqual(
    refusedInput(
      gotRows.replace('which', 'whose bytes are not those that were recorded'),
      'Run again: what is damaged is made anew.',
    ),
  )
  const lost = await withRows('train')
  rmSync(lost.rows)
  expect(await refusal(lost.folder)).toEqual(
    refusedInput(`${gotRows} isn't in the store any more`, 'Run again: what is lost is made anew.'),
  )
  const more = await withRows('train')
  writeFileSync(join(more.rows, '../pages/two.html'), '2')
  expect(await refusal(more.folder)).toEqual(
    refusedInput(
      '"work" got the folder "jobs/other/attempts/0-a/files/pages", whose bytes are not those that were recorded',
      'Run again: what is damaged is made anew.',
      'pages',
    ),
  )
})

test('an input that changes while the stage runs commits nothing', async () => {
  const { folder } = await withRows('spoils')
  expect(await refusal(folder)).toEqual(
    refusedInput(`${gotRows} changed while it ran`, 'Run again when nothing else writes to the store.'),
  )
})

test('an input artifact lies in the store', async () => {
  const folder = new PodFolder()
  writeFileSync(join(folder.folder, 'rows.csv'), 'x')
  const { digest, size } = folder.artifact('rows.csv', 'x') as { digest: string; size: number }
  await folder.put({ stage: 'spoils', input: { rows: { path: '../rows.csv', digest, size } } })
  expect(await refusal(folder)).toEqual(
    refusedInput(
      '"work" got the file "../rows.csv", which is outside the store',
      'Run again: the input is written anew.',
    ),
  )
})

test('an attempt that is the last ends with 65, so that its Job does not try again', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'throw' }, item: { retries: 1 } })
  const codes = []
  for (const uid of ['a', 'b']) codes.push((await folder.run(uid)).code)
  expect(codes).toEqual([1, 65])
  expect(folder.json('failed', '0-b.json')).toMatchObject({ retry: true })
  // one more, as Kubernetes counts otherwise: it runs nothing
  const spare = await folder.run('c')
  expect([spare.code, spare.stderr]).toEqual([
    65,
    'error[process-failed]: "work" has failed as often as its retries allow, and is not tried again\n  fix: Read the log of the pod before this one for the cause.\n',
  ])
  expect(folder.list('failed').sort()).toEqual(['0-a.json', '0-b.json'])
})
