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
