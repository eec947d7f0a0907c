import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused, sameAsJson } from './told.ts'

const fit = `
import { file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const model = z.object({ lr: z.number().positive(), depth: z.int().default(3) })

export const train = stage('train', {
  input: z.object({ epochs: z.int(), model, data: file('text/csv').optional(), plots: folder().optional() }),
  output: z.object({ accuracy: z.number() }),
  run: ({ epochs }) => ({ accuracy: epochs }),
})

export const fit = pipeline('fit', {
  input: z.object({
    epochs: z.int().positive(),
    model,
    name: z.string().default('first'),
    mode: z.enum(['fast', 'slow']).default('fast'),
    data: file('text/csv').optional(),
    plots: folder().optional(),
  }),
  build: ({ epochs, model, data, plots }) => train({ epochs, model, data, plots }),
})

main(import.meta, fit)
`

test('missing, at the top and nested', async () => {
  const one = program(fit)
  expect(await refused(one)).toMatchInlineSnapshot(`
    "error[missing-parameter]: the parameter "epochs" of pipeline "fit" is missing
      fix: Add --param epochs=….
    error[missing-parameter]: the parameter "model" of pipeline "fit" is missing
      fix: Add --param model.lr=….
    "
  `)
  expect(await refused(one, ['--param', 'epochs=1', '--param', 'model.depth=2'])).toMatchInlineSnapshot(`
    "error[missing-parameter]: the parameter "model.lr" of pipeline "fit" is missing
      fix: Add --param model.lr=….
    "
  `)
})

test('what may be null is said in words', async () => {
  const text = fit.replace('name: z.string()', 'most: z.array(z.number().nullable()).default([]), name: z.string()')
  expect(
    await refused(text, ['--param', 'epochs=1', '--param', 'model.lr=1', '--param', 'most={"n":1}']),
  ).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "most" of pipeline "fit" is refused by its schema: [0]: Invalid input: expected number or null, received object
      fix: Give "most" as its schema says: a list of number or null.
    "
  `)
})

test('wrong, at the top and nested, all at once', async () => {
  const one = program(fit)
  const wrong = ['epochs=-1', 'model={"lr":"high","depth":1.5}', 'mode=quick']
  expect(
    await refused(
      one,
      wrong.flatMap((text) => ['--param', text]),
    ),
  ).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "epochs" of pipeline "fit" is refused by its schema: Too small: expected number to be >0
      fix: Give "epochs" as its schema says: integer above 0.
    error[invalid-parameter]: the parameter "model.lr" of pipeline "fit" is refused by its schema: Invalid input: expected number, received string
      fix: Give "model.lr" as its schema says: number above 0.
    error[invalid-parameter]: the parameter "model.depth" of pipeline "fit" is refused by its schema: Invalid input: expected int, received number
      fix: Give "model.depth" as its schema says: integer.
    error[invalid-parameter]: the parameter "mode" of pipeline "fit" is refused by its schema: Invalid option: expected one of "fast"|"slow"
      fix: Give "mode" as its schema says: one of "fast", "slow".
    "
  `)
  const notJson = ['epochs=three', 'model.lr=', 'novalue']
  expect(
    await refused(
      one,
      notJson.flatMap((text) => ['--param', text]),
    ),
  ).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "epochs" of pipeline "fit" is not JSON: three
      fix: Give JSON, for example --param epochs=3.
    error[invalid-parameter]: the parameter "model.lr" of pipeline "fit" is not JSON: nothing
      fix: Give JSON, for example --param model.lr=3.
    error[usage]: --param novalue has no value
      fix: Write --param name=value.
    "
  `)
  expect(await refused(one, ['--param', 'epochs=1', '--param', 'model=3'])).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "model" of pipeline "fit" is refused by its schema: Invalid input: expected object, received number
      fix: Give "model" as its schema says: { lr, depth }.
    "
  `)
})

test('unknown, at the top and nested, with the name that was meant', async () => {
  const wrong = ['epoch=1', 'model.rl=0.1', 'nmae=x', 'model.seed=1', 'x=1', 'epochs.low=1']
  expect(
    await refused(
      fit,
      wrong.flatMap((text) => ['--param', text]),
    ),
  ).toMatchInlineSnapshot(`
    "error[unknown-parameter]: pipeline "fit" has no parameter "epoch" (did you mean "epochs"?)
      fix: Use one of: epochs, model, name, mode, data, plots.
    error[unknown-parameter]: the parameter "model" has no field "rl" (did you mean "lr"?)
      fix: Use one of: lr, depth.
    error[unknown-parameter]: pipeline "fit" has no parameter "nmae" (did you mean "name"?)
      fix: Use one of: epochs, model, name, mode, data, plots.
    error[unknown-parameter]: the parameter "model" has no field "seed"
      fix: Use one of: lr, depth.
    error[unknown-parameter]: pipeline "fit" has no parameter "x"
      fix: Use one of: epochs, model, name, mode, data, plots.
    error[unknown-parameter]: the parameter "epochs" has no field "low"
      fix: Leave it out: there is nothing to set.
    "
  `)
})

test('given twice', async () => {
  const twice = ['epochs=1', 'epochs=2', 'model.lr=1', 'model.lr=2']
  expect(
    await refused(
      fit,
      twice.flatMap((text) => ['--param', text]),
    ),
  ).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "epochs" is given twice, and it is not a list
      fix: Give it once.
    error[invalid-parameter]: the parameter "model.lr" is given twice, and it is not a list
      fix: Give it once.
    "
  `)
})

test('with --json the run that could not begin says the same', async () => {
  const one = program(fit)
  const ran = await one.run(['--param', 'epoch=1', '--json'])
  expect(ran.code).toBe(2)
  expect(ran.events()).toHaveLength(1)
  const { time, errors, ...rest } = sameAsJson(ran, one)
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(rest).toMatchInlineSnapshot(`
    {
      "counts": {
        "cached": 0,
        "failed": 0,
        "ran": 0,
        "skipped": 0,
      },
      "event": "run.finished",
      "output": null,
      "run": null,
      "seconds": 0,
      "status": "failed",
    }
  `)
  expect(errors).toMatchInlineSnapshot(`
    [
      {
        "at": {
          "node": null,
          "path": "epoch",
          "pipeline": "fit",
        },
        "code": "unknown-parameter",
        "fix": "Use one of: epochs, model, name, mode, data, plots.",
        "message": "pipeline "fit" has no parameter "epoch" (did you mean "epochs"?)",
        "severity": "error",
      },
      {
        "at": {
          "node": null,
          "path": "model",
          "pipeline": "fit",
        },
        "code": "missing-parameter",
        "fix": "Add --param model.lr=….",
        "message": "the parameter "model" of pipeline "fit" is missing",
        "severity": "error",
      },
    ]
  `)
})

test('files and folders that are not there, or are not what they should be', async () => {
  const one = program({ 'program.ts': fit, 'table.csv': 'a,b\n', 'plots/one.svg': '<svg/>' })
  const enough = ['--param', 'epochs=1', '--param', 'model.lr=1']
  const given = (data: string, plots: string) => [...enough, '--param', `data=${data}`, '--param', `plots=${plots}`]
  expect(await refused(one, given('nowhere.csv', 'sub/nothing'))).toMatchInlineSnapshot(`
    "error[missing-file]: the parameter "data" names "nowhere.csv", which isn't there
      fix: Correct the path, or put the file there.
    error[missing-file]: the parameter "plots" names "sub/nothing", which isn't there
      fix: Correct the path, or put the folder there.
    "
  `)
  expect(await refused(one, given('plots', 'table.csv'))).toMatchInlineSnapshot(`
    "error[missing-file]: the parameter "data" names "plots", which is a folder; it must be a file
      fix: Give the path of a file.
    error[missing-file]: the parameter "plots" names "table.csv", which is a file; it must be a folder
      fix: Give the path of a folder.
    "
  `)
  // as a shell leaves it where a variable is not set
  expect(await refused(one, given('', ''))).toMatchInlineSnapshot(`
    "error[missing-file]: the parameter "data" names no file: the path is empty
      fix: Give the path of a file.
    error[missing-file]: the parameter "plots" names no folder: the path is empty
      fix: Give the path of a folder.
    "
  `)
  symlinkSync('one.svg', join(one.folder, 'plots/two.svg'))
  expect(await refused(one, given('table.csv', 'plots'))).toMatchInlineSnapshot(`
    "error[missing-file]: the parameter "plots" names "plots", which can't be read: can't take "plots/two.svg": it is a symbolic link
      fix: Put a copy of what the link points to in its place.
    "
  `)
})

test('a parameters file that can not be taken', async () => {
  const one = program({
    'program.ts': fit,
    'broken.yaml': 'epochs: [1, 2\nmodel: }\n',
    'list.yaml': '- 1\n- 2\n',
    'twice.yaml': 'epochs: 1\nepochs: 2\n',
  })
  mkdirSync(join(one.folder, 'folder.yaml'))
  expect(await refused(one, ['--params', 'broken.yaml'])).toMatchInlineSnapshot(`
    "error[bad-parameters-file]: the parameters file isn't YAML: Flow sequence in block collection must be sufficiently indented and end with a ]
      at broken.yaml:2:1
      fix: Mend the file; JSON is fine too.
    "
  `)
  expect(await refused(one, ['--params', 'list.yaml'])).toMatchInlineSnapshot(`
    "error[bad-parameters-file]: the parameters file holds no mapping of names to values
      at list.yaml:1:1
      fix: Write lines like "epochs: 20".
    "
  `)
  expect(await refused(one, ['--params', 'twice.yaml'])).toMatchInlineSnapshot(`
    "error[bad-parameters-file]: the parameters file isn't YAML: Map keys must be unique
      at twice.yaml:2:1
      fix: Mend the file; JSON is fine too.
    "
  `)
  expect(await refused(one, ['--params', 'nowhere.yaml'])).toMatchInlineSnapshot(`
    "error[missing-file]: the parameters file "nowhere.yaml" can't be read: it isn't there
      fix: Correct the path after --params, or put the file there.
    "
  `)
  expect(await refused(one, ['--params', 'folder.yaml'])).toMatchInlineSnapshot(`
    "error[missing-file]: the parameters file "folder.yaml" can't be read: it is a folder
      fix: Correct the path after --params, or put the file there.
    "
  `)
})

test('keys and values of a parameters file, with their line', async () => {
  const one = program({
    'program.ts': fit,
    'settings/fit.yaml': 'epoch: 3\nmodel:\n  rl: 0.1\n  depth: deep\nmode: quick\ndata: nowhere.csv\n',
  })
  expect(await refused(one, ['--params', 'settings/fit.yaml'])).toMatchInlineSnapshot(`
    "error[unknown-parameter]: pipeline "fit" has no parameter "epoch" (did you mean "epochs"?)
      at settings/fit.yaml:1:1
      fix: Use one of: epochs, model, name, mode, data, plots.
    error[unknown-parameter]: the parameter "model" has no field "rl" (did you mean "lr"?)
      at settings/fit.yaml:3:3
      fix: Use one of: lr, depth.
    error[missing-file]: the parameter "data" names "settings/nowhere.csv", which isn't there
      at settings/fit.yaml:6:1
      fix: Correct the path, or put the file there.
    error[invalid-parameter]: the parameter "model.depth" of pipeline "fit" is refused by its schema: Invalid input: expected number, received string
      at settings/fit.yaml:4:3
      fix: Give "model.depth" as its schema says: integer.
    error[invalid-parameter]: the parameter "mode" of pipeline "fit" is refused by its schema: Invalid option: expected one of "fast"|"slow"
      at settings/fit.yaml:5:1
      fix: Give "mode" as its schema says: one of "fast", "slow".
    "
  `)
})

test('fields that have no name of their own, and those that may not be', async () => {
  const text = `
import { main, pipeline, run } from 'millrace'
import { z } from 'zod'
const build = () => ({})
export const open = pipeline('open', { input: z.object({ a: z.int().default(1) }).catchall(z.int()), build })
export const closed = pipeline('closed', { input: z.strictObject({ a: z.int().default(1) }), build })
main(import.meta, open, closed)
if (process.argv.includes('graph')) await run(closed, { b: 1 } as any).catch((error: Error) => console.error(error.message))
`
  const one = program(text)
  expect((await one.run(['--param', 'b=2', '--progress', 'quiet'])).code).toBe(0)
  expect(await refused(one, ['--param', 'b=text'])).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "b" of pipeline "open" is not JSON: text
      fix: Give JSON, for example --param b=3.
    "
  `)
  expect(await refused(one, ['--param', 'b=1.5'])).toMatchInlineSnapshot(`
    "error[invalid-parameter]: a parameter of pipeline "open" is refused by its schema: b: Invalid input: expected int, received number
      fix: Give what its schema says.
    "
  `)
  expect(await refused(one, ['--pipeline', 'closed', '--param', 'b=1'])).toMatchInlineSnapshot(`
    "error[unknown-parameter]: pipeline "closed" has no parameter "b"
      fix: Use one of: a.
    "
  `)
  expect((await one.run(['graph', '--progress', 'quiet'])).stderr).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the input of pipeline "closed" is refused by its schema: Unrecognized key: "b"
      fix: Give what its schema says.
    "
  `)
})
