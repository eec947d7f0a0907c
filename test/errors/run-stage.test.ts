import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

test('what runStage throws, for tests of stages', async () => {
  const one = program({
    'table.csv': 'a\n',
    'plots/one.svg': '<svg/>',
    'program.ts': `
import { asset, file, folder, runStage, stage } from 'millrace'
import { z } from 'zod'
const tries: Record<string, () => Promise<unknown>> = {
  date: () => runStage(one({ x: z.any() }, {}, () => ({})), { x: { at: new Date(0) } } as any),
  input: () => runStage(one({ x: z.int() }, {}, () => ({})), { x: 'x' } as any),
  files: () => runStage(one({ x: file(), y: file(), z: folder() }, {}, () => ({})), { x: 'nowhere.csv', y: 'plots', z: 'table.csv' } as any),
  asset: () => runStage(one({ x: file().default(asset(new URL('./gone.csv', import.meta.url))) }, {}, () => ({})), {} as any),
  schema: () => runStage(one({ x: z.date() }, {}, () => ({}), 'One'), {} as any),
  output: () => runStage(one({}, { n: z.int() }, () => ({ n: 'x' }))),
  error: () => runStage(one({}, {}, () => { throw new TypeError('mine') })),
  exit: () => runStage(one({}, {}, () => { process.exit(0) })),
  never: () => runStage(one({}, {}, () => new Promise(() => {}))),
  nothing: () => runStage({} as any, {} as any),
}
function one(input: any, output: any, run: any, name = 'one') {
  return stage(name, { input: z.object(input), output: z.object(output), run }) as any
}
for (const [name, start] of Object.entries(tries))
  await start().then(
    () => console.log(\`\${name}: fine\`),
    (error: any) => console.log([\`\${name}:\`, error.name, error.status, error.cause?.name].filter(Boolean).join(' '), error.message),
  )
`,
  })
  const ran = await one.run()
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  expect(ran.stdout).toMatchInlineSnapshot(`
    "date: RunError failed error[invalid-input]: "one" got an input in which "x.at" is a Date, which JSON can't carry
      called at <dir>/program.ts:5:15
      stage at <dir>/program.ts:17:10
      fix: Give a value that JSON can carry.
    input: RunError failed error[invalid-input]: "one" got an input that its schema refuses: x: Invalid input: expected number, received string (it is "x")
      called at <dir>/program.ts:6:16
      stage at <dir>/program.ts:17:10
      fix: Correct what is wired into the field, or the schema.
    files: RunError failed error[missing-file]: the input "x" of "one" names "nowhere.csv", which isn't there
      at <dir>/program.ts:17:10
      fix: Correct the path, or put the file there.
    error[missing-file]: the input "y" of "one" names "plots", which is a folder; it must be a file
      at <dir>/program.ts:17:10
      fix: Give the path of a file.
    error[missing-file]: the input "z" of "one" names "table.csv", which is a file; it must be a folder
      at <dir>/program.ts:17:10
      fix: Give the path of a folder.
    asset: RunError failed error[missing-file]: the asset "gone.csv" isn't there
      at <dir>/program.ts:17:10
      fix: Put the file there, or correct the URL given to asset().
    schema: RunError failed error[bad-name]: "One" can not be the name of a stage
      at <dir>/program.ts:17:10
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-schema]: stage "One": the input field "x" is z.date(), which JSON can't carry
      at <dir>/program.ts:17:10
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    output: RunError failed error[invalid-output]: "one" returned what its output schema refuses: n: Invalid input: expected number, received string (it is "x")
      called at <dir>/program.ts:10:17
      stage at <dir>/program.ts:17:10
      fix: Return what the output schema says, or correct the schema.
    error: RunError failed TypeError error[stage-threw]: "one" threw TypeError: mine
      at <dir>/program.ts:11:51
      called at <dir>/program.ts:11:16
      stage at <dir>/program.ts:17:10
      fix: Mend the stage, or give it retries if the cause passes by itself.
    exit: RunError failed error[exit-called]: "one" called process.exit(0)
      at <dir>/program.ts:12:52
      called at <dir>/program.ts:12:15
      stage at <dir>/program.ts:17:10
      fix: Return the output to succeed, throw an error to fail.
    never: RunError failed error[never-settled]: "one" returned a promise that nothing can settle any more
      called at <dir>/program.ts:13:16
      stage at <dir>/program.ts:17:10
      fix: Make sure that the promise is resolved or rejected on each way through the stage.
    nothing: TypeError runStage() takes a stage made by stage()
    "
  `)
})
