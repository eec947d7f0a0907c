import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { realPythons } from '../../packages/compiler/test/real-python.ts'
import { root } from '../support/processes.ts'
import { program } from '../support/program.ts'
import { checkers } from './checkers.ts'

const text = `import { file, folder, main, pipeline, python } from 'millrace'
import { z } from 'zod'
const point = z.object({ x: z.number(), y: z.number() }).meta({ id: 'Point' })
const tree = z.object({ name: z.string(), get children() { return z.array(tree) } })
export const train = python('train', {
  script: new URL('./stages/train.py', import.meta.url),
  input: z.object({
    table: file('text/csv'), folds: z.int().default(5), note: z.string().optional(), points: z.array(point), tree,
    how: z.enum(['fast', 'exact']), images: folder().nullable(), shape: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('circle'), radius: z.number() }), z.object({ kind: z.literal('square'), side: z.number() }),
    ]), 'a-b': z.object({ class: z.int().optional(), 'c-d': file() }), json: z.json(),
  }),
  output: z.object({ accuracy: z.number(), model: file(), table: file(), point, more: z.looseObject({ q: z.string() }), n: z.int().default(1) }),
})
export const flowers = pipeline('flowers', {
  input: z.object({ args: train.input }),
  build: ({ args }) => train(args),
})
main(import.meta, flowers)
`
const script = `from __future__ import annotations

from millrace import Cancelled, Context, File, Folder, stage
from train_types import Point, TrainInput, TrainInputTree, TrainOutput


def depth(tree: TrainInputTree) -> int:
    return 1 + max((depth(child) for child in tree["children"]), default=0)


@stage
def train(input: TrainInput, context: Context) -> TrainOutput:
    model = context.file("model.bin")
    images: Folder | None = input["images"]
    shape = input["shape"]
    size = shape["radius"] if shape["kind"] == "circle" else shape["side"]
    try:
        with open(input["table"]) as table, open(model, "w") as out:
            out.write(table.read() + input.get("note", ""))
    except Cancelled as error:
        context.log("cancelled", {"signal": error.signal})
        raise
    inner: File = input["a-b"]["c-d"]
    context.metric("size", size + inner.size + depth(input["tree"]), step=input["folds"])
    point: Point = input["points"][0] if images is None else {"x": 1, "y": context.seed}
    return {"accuracy": 0.5, "model": model, "table": input["table"], "point": point, "more": {"q": "a", "r": 1}}


def test_train() -> None:
    context = Context.for_test("folder", seed=1)
    assert context.worker.count == 1
`
// what is wrong, by the number of its line
const wrong = `from millrace import Context, stage
from train_types import TrainInput, TrainOutput


@stage
def train(input: TrainInput, context: Context) -> TrainOutput:
    print(input["fold"])
    print(input["how"] == "fast", input["folds"].upper())
    context.metric(1, 2)
    return {"accuracy": "0.5", "model": context.file("x"), "table": input["table"], "point": {"x": 1, "y": 2}, "more": {}}
`
const lines = [7, 8, 9, 10]

const found = checkers()
describe.skipIf(found === undefined)('what type checkers say, with nothing installed', () => {
  const tools = found as NonNullable<typeof found>

  /** A project of two files: the right one is found right, the wrong one wrong in its lines. */
  const project = async (wrongToo: boolean): Promise<string> => {
    const more = wrongToo ? { 'stages/wrong.py': wrong } : {}
    const { folder, run } = program({ 'program.ts': text, 'stages/train.py': script, ...more })
    expect(await run(['types'])).toMatchObject({ code: 0 })
    return folder
  }
  const places = ['.', 'stages', '..'] as const
  const folderOf = (folder: string, place: string): { from: string; path: string } => {
    if (place === '.') return { from: folder, path: 'stages' }
    if (place === 'stages') return { from: join(folder, 'stages'), path: '.' }
    mkdirSync(join(folder, 'above'))
    cpSync(join(folder, 'stages'), join(folder, 'above/project/stages'), { recursive: true })
    return { from: join(folder, 'above'), path: 'project' }
  }

  test.each(places)('right code passes, opened from %s', async (place) => {
    const { from, path } = folderOf(await project(false), place)
    writeFileSync(join(from, 'pyrightconfig.json'), JSON.stringify({ include: [path], typeCheckingMode: 'strict' }))
    const right = tools.run(from, 'mypy', '--strict', '--python-version', '3.10', path)
    expect(right).toEqual({ code: 0, lines: ['Success: no issues found in 3 source files'] })
    const { code, lines } = tools.pyright(from)
    // beside a stub in the folder that is opened, Pyright misses the module itself
    const missed = (at: string) =>
      `  ${at} - warning: Import "millrace" could not be resolved from source (reportMissingModuleSource)`
    const warnings =
      place === 'stages' ? ['train.py', missed('train.py:3:6'), 'train_types.py', missed('train_types.py:9:10')] : []
    const sum = `0 errors, ${place === 'stages' ? 2 : 0} warnings, 0 informations`
    expect([code, lines]).toEqual([0, [...warnings, sum]])
  })

  test.each(places)('wrong code is told with its lines, opened from %s', async (place) => {
    const { from, path } = folderOf(await project(true), place)
    const linesIn = (told: readonly string[], pattern: RegExp) => [
      ...new Set(
        told.flatMap((line) => (pattern.exec(line)?.[1] === undefined ? [] : [Number(pattern.exec(line)?.[1])])),
      ),
    ]
    const mypy = tools.run(from, 'mypy', path)
    expect([mypy.code, linesIn(mypy.lines, /wrong\.py:(\d+): error/)], mypy.lines.join('\n')).toEqual([1, lines])
    const pyright = tools.pyright(from, path)
    expect([pyright.code, linesIn(pyright.lines, /wrong\.py:(\d+):\d+ - error/)], pyright.lines.join('\n')).toEqual([
      1,
      lines,
    ])
  })

  test('they are formatted as ruff does it, and there is nothing to complain of', async () => {
    const folder = join(await project(false), 'stages')
    const types = readFileSync(join(folder, 'train_types.py'), 'utf8').replace(/^(#.*\n)+/, '')
    writeFileSync(join(folder, 'plain.py'), types)
    expect(tools.run(folder, 'ruff', 'format', '--isolated', '--check', 'plain.py')).toEqual({
      code: 0,
      lines: ['1 file already formatted'],
    })
    const checked = tools.run(folder, 'ruff', 'check', '--isolated', '--select', 'E,F,I,W', '.', '--ignore', 'E501')
    expect(checked).toEqual({ code: 0, lines: ['All checks passed!'] })
  })

  test('the stub says what the package does', () => {
    const folder = join(root, 'packages/python')
    const allowed = join(root, 'test/.tmp', `stubtest-${process.pid}.txt`)
    // its parts are nobody's to import
    writeFileSync(allowed, 'millrace\\..*\n')
    const env = { MYPYPATH: 'stub', PYTHONPATH: 'src' }
    const told = tools.stubtest(folder, env, 'millrace', '--concise', '--allowlist', allowed)
    expect(told).toEqual({ code: 0, lines: [] })
  })
})

const pythons = realPythons(false)
test.skipIf(pythons.length === 0)('the stub has the names and signatures of the package', () => {
  const code =
    'import test_stub; [one() for name, one in vars(test_stub).items() if name.startswith("test_")]; print("agrees")'
  const env = { ...process.env, PYTHONPATH: '../src' }
  const told = execFileSync(pythons[0]?.path ?? '', ['-B', '-c', code], {
    cwd: join(root, 'packages/python/tests'),
    encoding: 'utf8',
    env,
  })
  expect(told).toBe('agrees\n')
})
