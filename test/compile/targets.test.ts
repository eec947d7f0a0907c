import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compile, targets } from 'millrace'
import { expect, onTestFinished, test } from 'vitest'
import { hello } from '../../examples/01-hello/hello.ts'
import { shapes } from '../../examples/03-shapes/shapes.ts'
import { root, start } from '../support/processes.ts'
import { flat } from './flat-shapes.ts'
import { shell } from './shell-target.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-target-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** Without paths: an artifact is where it is. */
const withoutPaths = (text: string): unknown => JSON.parse(text, (key, at) => (key === 'path' ? '' : at))

const settings = (store: string) => ({ target: 'shell', targets: { ...targets, shell }, store })

test.each([
  ['01-hello', hello, join(root, 'examples/01-hello'), 'hello.ts'],
  ['the flat part of 03-shapes', flat, import.meta.dirname, 'flat-shapes.ts'],
] as const)(
  'a target that is registered by who compiles: what it writes gives the same bytes: %s',
  async (_, of, programs, entry) => {
    const folder = newFolder()
    const { files, notices } = await compile(of, settings(join(folder, 'store')))
    expect(notices).toEqual([])
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, 'out', path)), { recursive: true })
      writeFileSync(join(folder, 'out', path), text)
    }
    const told = execFileSync('sh', ['run.sh'], { cwd: join(folder, 'out'), encoding: 'utf8' })
    // not under a test runner, which makes each process' results its own
    const { ended, stdout } = start(programs, ['--store', join(folder, 'store')], { entry })
    expect((await ended).code).toBe(0)
    expect(withoutPaths(told.trimEnd().split('\n').at(-1) ?? '')).toEqual(withoutPaths(stdout()))
  },
)

test('what a target lacks is an error of the program, told at each call, whatever the target is', async () => {
  const folder = newFolder()
  const told = await compile(shapes, settings(folder)).catch((error: Error) => error.message.replaceAll(root, '<root>'))
  expect(told).toMatchInlineSnapshot(`
    "error[not-supported]: "collect/map" is a map, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:12:19
      fix: Call the stage once for each item.
    error[not-supported]: "collect/map" is a map that allows failures, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:12:19
      fix: Leave failures out.
    error[not-supported]: "collect.2/map" is a map, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:12:19
      fix: Call the stage once for each item.
    error[not-supported]: "collect.2/map" is a map that allows failures, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:12:19
      fix: Leave failures out.
    error[not-supported]: "map" is a map, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:41:20
      fix: Call the stage once for each item.
    error[not-supported]: "map.2" is a map, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:42:7
      fix: Call the stage once for each item.
    error[not-supported]: "when" is a condition, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:50:20
      fix: Leave the choice to a stage that is given the value.
    error[not-supported]: "when.2" is a condition, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:53:21
      fix: Leave the choice to a stage that is given the value.
    error[not-supported]: "map.3" is a map, which the target "shell" can't run yet
      at <root>/examples/03-shapes/shapes.ts:60:21
      fix: Call the stage once for each item."
  `)
})

test('a target that there is not', async () => {
  await expect(compile(hello, { target: 'shel', targets: { ...targets, shell } })).rejects.toThrow(
    'there is no target "shel" (did you mean "shell"?)',
  )
})
