import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended, type PodFolder, pod } from './pod.ts'

const act = (what: string, item: object = {}) => pod({ stage: 'act', input: { what }, item: { ...item } })

function check(folder: PodFolder, ran: Ended, log: string, code: string, message: string, fix: string): void {
  expect(ran).toEqual({
    code: 1,
    signal: null,
    stdout: log,
    stderr: `error[${code}]: ${message}\n  fix: ${fix}\n`,
    last: message,
  })
  // who was told to stop from outside did not fail: its driver asks the cluster
  const kind = code === told[0] ? 'stopped' : 'failed'
  expect(folder.markers()).toEqual({ done: [], failed: [], stopped: [], [kind]: ['0-a.json'] })
  expect(folder.json(kind, '0-a.json')).toEqual({
    cause: { code, severity: 'error', message, at: { pipeline: 'demo', node: 'work' }, fix },
    retry: true,
    log,
  })
  expect(folder.read('attempts', '0-a', 'log.txt') ?? '').toBe(log)
}

const late = [
  'stage-timeout',
  '"work" did not end within its timeout of 3s',
  'Give it a longer timeout, or make it end sooner when context.signal is aborted.',
] as const
const told = [
  'process-failed',
  'the process of "work" was told to stop by SIGTERM',
  'Find out what sent the signal.',
] as const

test('a timeout aborts the signal, waits a second, and fails', async () => {
  const timeout = { timeout: '3s' }
  const obeys = await act('obey', timeout)
  check(obeys, await obeys.run('a'), 'waiting\ntold to stop\nstopped\n', ...late)
  const waits = await act('wait', timeout)
  const began = performance.now()
  check(waits, await waits.run('a'), 'waiting\n', ...late)
  expect(performance.now() - began).toBeGreaterThan(4000)
})

test('a timeout of more than 24 days does not pass at once', async () => {
  const folder = await act('soon', { timeout: '30d' })
  expect(await folder.run('a')).toEqual({ code: 0, signal: null, stdout: '', stderr: '', last: '' })
})

test('a stage that let no timer run is late all the same', async () => {
  const folder = await act('busy', { timeout: '3s' })
  check(folder, await folder.run('a'), '', ...late)
})

test('SIGTERM aborts the signal, and the stage has the grace', async () => {
  const folder = await act('obey')
  const started = folder.start('a')
  await started.said('waiting')
  started.child.kill('SIGTERM')
  check(folder, await started.end(), 'waiting\ntold to stop\nstopped\n', ...told)
})

test('after the grace a stage is not waited for', async () => {
  for (const what of ['wait', 'no-listeners', 'exit-when-told']) {
    const folder = await act(what)
    const started = folder.start('a', { grace: 200 })
    await started.said('waiting')
    started.child.kill('SIGTERM')
    check(folder, await started.end(), 'waiting\n', ...told)
  }
})

test('SIGTERM ends the wait for an item', async () => {
  const folder = await act('x')
  const started = folder.start('a', { itemWait: 30_000 }, 7)
  while (folder.list('attempts').length === 0) await new Promise((done) => setTimeout(done, 20))
  started.child.kill('SIGTERM')
  const { code, stderr } = await started.end()
  expect([code, stderr]).toEqual([
    1,
    'error[process-failed]: the process of "demo-stage-0123456789ab" was told to stop by SIGTERM\n  fix: Find out what sent the signal.\n',
  ])
  expect(folder.markers()).toEqual({ done: [], failed: [], stopped: ['7-a.json'] })
})

test("what a process prints that the stage started is in the container's log", async () => {
  const folder = await act('shell')
  expect(await folder.run('a')).toEqual({ code: 0, signal: null, stdout: 'from a child\n', stderr: '', last: '' })
})

test('the runner is one small file that needs only Node', () => {
  const code = readFileSync(join(import.meta.dirname, '../../packages/millrace/dist/pod/runner.mjs'), 'utf8')
  const imports = [...code.matchAll(/\bimport\b[^;()]*?["'`]([^"'`]+)["'`];/g)].map(([, from]) => from)
  expect(imports.length).toBeGreaterThan(5)
  expect(imports.filter((from) => !from?.startsWith('node:'))).toEqual([])
  expect(['commander', 'rolldown', 'parseSync', 'tsx'].filter((name) => code.includes(name))).toEqual([])
  expect(code.length).toBeLessThan(80_000)
})
