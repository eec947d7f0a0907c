import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { alive } from '../support/processes.ts'
import { program } from '../support/program.ts'

const text = `import { main, pipeline, python } from 'millrace'
import { z } from 'zod'
export const train = python('train', {
  script: new URL('./train.py', import.meta.url), input: z.object({ n: z.int() }), output: z.object({ n: z.number() }),
})
export const demo = pipeline('demo', { input: z.object({}), build: () => train({ n: 1 }) })
main(import.meta, demo)
`
const stage = (body: string) => `import os, sys, time
from millrace import stage


@stage
def train(input, context):
${body.replace(/^/gm, '    ')}
    return {"n": input["n"]}
`

test('what a script leaves behind ends with it', async () => {
  const body = `pid = os.fork()
if pid == 0:
    time.sleep(600)
    os._exit(0)
grand = os.fork()
if grand == 0:
    os.setsid()
    time.sleep(600)
    os._exit(0)
context.log("left", {"pids": [pid, grand]})`
  const { run } = program({ 'program.ts': text, 'train.py': stage(body) })
  const ran = await run(['--json'])
  const left = ran.events().find((event) => event.event === 'log')?.data as { pids: number[] }
  expect([ran.code, left.pids.map(alive)]).toEqual([0, [false, false]])
})

test('a script that closes its stdout, or writes half a gigabyte, is no matter', async () => {
  const closed = program({ 'program.ts': text, 'train.py': stage('os.close(1)\nos.close(2)') })
  expect((await closed.run()).stdout).toBe('{"n":1}\n')
  const loud = program({
    'program.ts': text,
    'train.py': stage('line = "x" * 1023 + "\\n"\nfor _ in range(512 * 1024):\n    sys.stdout.write(line)'),
  })
  const started = loud.start(['--progress', 'quiet'])
  let most = 0
  const watch = setInterval(() => {
    try {
      const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${started.child.pid}/status`, 'utf8'))?.[1]
      most = Math.max(most, Number(resident ?? 0))
    } catch {
      // it has ended
    }
  }, 50)
  const ended = await started.ended
  clearInterval(watch)
  expect([ended, started.stdout()]).toEqual([{ code: 0, signal: null }, '{"n":1}\n'])
  expect(most).toBeLessThan(400 * 1024)
})

test('a script that stopped itself is ended by the timeout', async () => {
  const one = program({
    'program.ts': text.replace('output:', "timeout: '1s', output:"),
    'train.py': stage('import signal\nos.kill(os.getpid(), signal.SIGSTOP)'),
  })
  const { code, stderr } = await one.run(['--progress', 'quiet'])
  expect([code, stderr.split('\n')[0]]).toEqual([
    1,
    'error[stage-timeout]: "train" did not end within its timeout of 1s',
  ])
})

test('a script that is edited while it runs gives no result for what it was', async () => {
  const { run } = program({
    'program.ts': text,
    'train.py': stage('with open(__file__, "a") as own:\n    own.write("\\nx = 1\\n")'),
  })
  const { code, stderr } = await run(['--progress', 'quiet'])
  expect([code, stderr.split('\n')[0]]).toEqual([
    1,
    'error[wrong-code]: "train.py" was changed after the run began, so "train" is not what was planned',
  ])
})
