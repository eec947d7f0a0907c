import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { file, main, map, pipeline, python } from 'millrace'
import { z } from 'zod'
const script = new URL('./train.py', import.meta.url)
const input = z.object({ n: z.int(), how: z.string().default('') })
export const train = python('train', { script, input, output: z.object({ n: z.int(), model: file() }) })
export const twice = pipeline('twice', {
  input: z.object({ all: z.array(z.int()).default([1, 2]), how: z.string().default('') }),
  build: ({ all, how }) => ({ out: map(all, (n) => train({ n, how })) }),
})
main(import.meta, twice)
`
const train = `from helpers import twice
from millrace import stage


@stage
def train(input, context):
    if input["how"] == "fail":
        raise ValueError("bad " + str(input["n"]))
    print("at work on", input["n"])
    context.metric("n", input["n"], step=1)
    context.log("half", {"done": 0.5})
    model = context.file("model.txt")
    with open(model, "w") as out:
        out.write(str(twice(input["n"])))
    return {"n": twice(input["n"]), "model": model}
`
const helpers = 'def twice(n):\n    return n * 2\n'
const files = { 'program.ts': text, 'train.py': train, 'helpers.py': helpers }

interface Out {
  readonly out: readonly { readonly n: number; readonly model: { readonly path: string } }[]
}

test('a script with a stage function: run, cached, told like any other stage', async () => {
  const { run, folder } = program(files)
  const first = await run(['--json'])
  const told = first.events().flatMap((event): unknown[] => {
    if (event.event === 'metric') return [[event.node, event.name, event.value, event.step]]
    if (event.event === 'log') return [[event.level, event.message, event.data]]
    return event.event === 'notice' ? [event] : []
  })
  expect(told.map((one) => JSON.stringify(one)).sort()).toEqual([
    '["info","at work on 1",null]',
    '["info","at work on 2",null]',
    '["info","half",{"done":0.5}]',
    '["info","half",{"done":0.5}]',
    '["train","n",1,1]',
    '["train","n",2,1]',
  ])
  const output = first.events().at(-1)?.output as unknown as Out
  expect([first.code, output.out.map(({ n, model }) => [n, readFileSync(model.path, 'utf8')])]).toEqual([
    0,
    [
      [2, '2'],
      [4, '4'],
    ],
  ])
  const again = await run()
  expect(again.stderr.split('\n').at(-2)).toBe('0 ran, 2 cached, 0 skipped, 0 failed, <s>')

  // what only people read is not counted
  writeFileSync(join(folder, 'helpers.py'), `# doubles\n\n${helpers}`)
  expect((await run()).stderr.split('\n').at(-2)).toBe('0 ran, 2 cached, 0 skipped, 0 failed, <s>')
  writeFileSync(join(folder, 'helpers.py'), helpers.replace('2', '3'))
  expect((await run()).stderr.split('\n').at(-2)).toBe('2 ran, 0 cached, 0 skipped, 0 failed, <s>')
})

test('what it raises is told with its frames', async () => {
  const { run } = program(files)
  const { code, stderr } = await run(['--param', 'how=fail', '--param', 'all=[3]', '--progress', 'quiet'])
  expect([code, stderr]).toEqual([
    1,
    `error[stage-threw]: "train" raised ValueError: bad 3
  in train[0]: {"n":3,"how":"fail"}
  at train (train.py:8:9)
  called at program.ts:8:52
  stage at program.ts:5:22
  fix: Mend the stage, or give it retries if the cause passes by itself.
0 ran, 0 cached, 0 skipped, 1 failed, <s>
`,
  ])
})

const scripts = `import { file, main, pipeline, python } from 'millrace'
import { z } from 'zod'
export const fit = python('fit', {
  script: new URL('./fit.py', import.meta.url),
  input: z.object({ table: file('text/csv'), gamma: z.number(), note: z.string().optional() }),
  output: z.object({ model: file(), score: z.number() }),
  args: ({ input, output, given }) => ['--table', input.table, ['--gamma=', input.gamma], given(input.note, ['--note', input.note]), '--model', output.model, '--score', output.score],
})
export const count = python('count', {
  script: new URL('./count.py', import.meta.url),
  input: z.object({ model: file() }), output: z.object({ bytes: z.int(), copy: file() }), env: { GREETING: 'hello' },
})
export const demo = pipeline('demo', {
  input: z.object({ table: file('text/csv') }),
  build: ({ table }) => { const { model, score } = fit({ table, gamma: 0.5 }); const { bytes, copy } = count({ model }); return { score, bytes, copy } },
})
main(import.meta, demo)
`
const fit = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--table")
parser.add_argument("--gamma", type=float)
parser.add_argument("--note", default="none")
parser.add_argument("--model")
parser.add_argument("--score")
if __name__ == "__main__":
    args = parser.parse_args()
    rows = open(args.table).read().split()
    open(args.model, "w").write(args.note)
    open(args.score, "w").write(str(len(rows) * args.gamma))
`
const count = `import json, os, sys
given = json.load(open(os.environ["MILLRACE_INPUT"]))
text = open(given["model"]["path"]).read()
os.makedirs(os.environ["MILLRACE_FILES"], exist_ok=True)
open(os.path.join(os.environ["MILLRACE_FILES"], "copy.txt"), "w").write(text + os.environ["GREETING"])
json.dump({"bytes": len(text), "copy": "copy.txt"}, open(os.environ["MILLRACE_OUTPUT"], "w"))
`

test('a command line that stays as it is, and a script by hand', async () => {
  const { run } = program({ 'program.ts': scripts, 'fit.py': fit, 'count.py': count, 'table.csv': 'a b c' })
  const words = ['--param', 'table=table.csv']
  const first = await run([...words, '--json'])
  const output = first.events().at(-1)?.output as { score: number; bytes: number; copy: { path: string } }
  const copy = readFileSync(output.copy.path, 'utf8')
  expect([first.code, output.score, output.bytes, copy]).toEqual([0, 1.5, 4, 'nonehello'])
  expect((await run(words)).stderr.split('\n').at(-2)).toBe('0 ran, 2 cached, 0 skipped, 0 failed, <s>')
})

const loop = (body: string) => `import time, os, sys, importlib
from millrace import stage, Cancelled


@stage
def train(input, context):
${body.replace(/^/gm, '    ')}
    return {"n": input["n"]}
`
const looping = (options: string) => `import { main, map, pipeline, python } from 'millrace'
import { z } from 'zod'
export const train = python('train', {
  script: new URL('./train.py', import.meta.url), input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), ${options}
})
export const demo = pipeline('demo', { input: z.object({ all: z.array(z.int()).default([1]) }), build: ({ all }) => ({ n: map(all, (n) => train({ n })).n }) })
main(import.meta, demo)
`

test('a timeout and a cancel reach the script, which may tidy up; it is tried again as often as it may be', async () => {
  const slow = loop(`try:
    print("at work", context.attempt)
    for _ in range(600):
        time.sleep(0.1)
except Cancelled:
    print("tidied up", context.cancelled)
    raise`)
  const timed = program({ 'program.ts': looping("timeout: '2s', retries: 1"), 'train.py': slow })
  const late = await timed.run(['--json'])
  const told = late.events().flatMap((event) => (event.event === 'log' ? [event.message] : []))
  expect([told, late.events().at(-1)]).toMatchObject([
    ['at work 1', 'tidied up True', 'at work 2', 'tidied up True'],
    { status: 'failed', errors: [{ code: 'stage-timeout', message: '"train" did not end within its timeout of 2s' }] },
  ])
  const { start } = program({ 'program.ts': looping(''), 'train.py': slow })
  const started = start(['--progress', 'plain'])
  await started.said('at work 1')
  started.child.kill('SIGINT')
  expect(await started.ended).toEqual({ code: 130, signal: null })
  expect(started.stderr()).toContain('train[0] | tidied up True')
})

test('a module that no import names makes a notice, and no result for other runs', async () => {
  const { run } = program({
    'program.ts': looping(''),
    'train.py': loop('importlib.import_module("hel" + "pers")'),
    'helpers.py': '',
  })
  const first = await run()
  expect(first.stderr).toContain(
    'notice[python-undigested]: "train.py" loaded "helpers.py", which its key does not count, so its result is not cached',
  )
  expect((await run()).stderr.split('\n').at(-2)).toBe('1 ran, 0 cached, 0 skipped, 0 failed, <s>')
})

test('of a progress bar its last state is told', async () => {
  const { run } = program({
    'program.ts': looping(''),
    'train.py': loop('for i in range(101):\n    sys.stderr.write("\\r%d%%" % i)\nsys.stderr.write("\\n")'),
  })
  const { events } = await run(['--json'])
  expect(events().flatMap((event) => (event.event === 'log' ? [event.message] : []))).toEqual(['100%'])
})

test('calls of a map run side by side, each with its own folder', async () => {
  const { run } = program({
    'program.ts': looping('resources: { cpu: 0.5 }'),
    'train.py': loop(`open("here", "x").close()
began = time.monotonic()
time.sleep(1)`),
  })
  const began = performance.now()
  const { code, stdout } = await run(['--param', 'all=[1,2,3,4]'])
  expect([code, stdout]).toEqual([0, '{"n":[1,2,3,4]}\n'])
  expect(performance.now() - began).toBeLessThan(4000 + 6000)
})

test('a stage alone: runStage, and call, each in a folder of its own', async () => {
  const alone = `import { runStage } from 'millrace'
import { train } from './program.ts'
const { n, model } = await runStage(train, { n: 4, how: '' })
console.log(JSON.stringify({ n, model: model.path }))
`
  const { run } = program({
    ...files,
    'program.ts': text.replace('main(import.meta, twice)', 'if (import.meta.main) main(import.meta, twice)'),
    'alone.ts': alone,
  })
  const { stdout, stderr } = await run([], { entry: 'alone.ts' })
  const told = JSON.parse(stdout) as { n: number; model: string }
  expect([stderr, told.n, readFileSync(told.model, 'utf8')]).toEqual(['', 8, '8'])
  await run(['--param', 'how=fail'])
  const again = await run(['call', 'train[1]'])
  expect([again.code, again.stderr.split('\n').filter((line) => /^error|^ {2}at/.test(line))]).toEqual([
    1,
    ['error[stage-threw]: "train" raised ValueError: bad 2', '  at train (train.py:8:9)'],
  ])
})
