import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

/** A program whose one stage is `train.py`. */
const text = (
  options = 'output: z.object({ n: z.number() })',
) => `import { file, main, pipeline, python } from 'millrace'
import { z } from 'zod'
export const train = python('train', {
  script: new URL('./train.py', import.meta.url), input: z.object({ n: z.int() }),
  ${options},
})
export const demo = pipeline('demo', { input: z.object({}), build: () => train({ n: 1 }) })
main(import.meta, demo)
`
const indent = (body: string): string => body.replace(/^/gm, '    ')
/** A stage function that begins in line 4; its body in line 6. */
const stage = (body: string): string => `import os
from millrace import stage


@stage
def train(input, context):
${indent(body)}
`

type Files = Readonly<Record<string, string | Uint8Array>>

async function told(files: Files, words: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { run } = program({ 'program.ts': text(), ...files })
  return (await run(words, { env })).stderr
}

/** Without the place of the stage, the log and the sum, which are the same for all. */
async function failure(files: Files, env: Record<string, string> = {}): Promise<string> {
  const lines = (await told(files, ['--progress', 'quiet'], env)).trimEnd().split('\n')
  return lines
    .slice(0, -1)
    .filter((line) => !/^ {2}(called at|stage at|log:|log,|\| )/.test(line))
    .join('\n')
}

describe('what is found before anything runs', () => {
  test.each<[string, Files, string]>([
    [
      'no script',
      {},
      `error[missing-file]: the script "train.py" isn't there
  at program.ts:7:74
  fix: Put the file there, or correct the URL given to the stage.`,
    ],
    [
      'a folder',
      { 'train.py/__init__.py': '' },
      `error[missing-file]: "train.py" is a folder, no script
  at train.py
  fix: Name the script in it.`,
    ],
    [
      'a script that is not UTF-8',
      { 'train.py': Buffer.from('x = 1\ny = "\xe9"\n', 'latin1') },
      `error[python-script]: "train.py" is not UTF-8
  at train.py:2:1
  fix: Save it as UTF-8.`,
    ],
    [
      'a notebook',
      {
        'program.ts': text().replace('train.py', 'train.ipynb'),
        'train.ipynb': '{ "cells": [] }',
      },
      `error[python-script]: "train.ipynb" is a notebook, no script
  at train.ipynb
  fix: Run jupyter nbconvert --to script "train.ipynb", and name the script that it writes.`,
    ],
    [
      'a relative import in the script',
      { 'train.py': 'from .helpers import twice\n', 'helpers.py': '' },
      `error[python-script]: "train.py" imports ".helpers", but a script is in no package
  at train.py:1:1
  fix: Import "helpers", without dots.`,
    ],
    [
      'a module of a package of the project that is not there',
      {
        'train.py': 'import models.forest\n',
        'models/__init__.py': '',
        'models/forest.py': 'from .tree import grow\n',
      },
      `error[python-script]: "models/forest.py" imports ".tree", which isn't there
  at models/forest.py:1:1
  fix: Create the module, or correct the import.`,
    ],
    [
      'two stages',
      { 'train.py': `${stage('return {}')}\n\n@stage\ndef validate(input):\n    return {}\n` },
      `error[python-script]: "train.py" has two functions with @stage, "train" and "validate"
  at train.py:11:1
  fix: Keep one, and put the other into a script of its own.`,
    ],
    [
      'the name of a module of Python',
      { 'program.ts': text().replace('train.py', 'random.py'), 'random.py': stage('return {}') },
      `error[python-script]: "random.py" hides the module "random" of Python's standard library from all that import it
  at random.py
  fix: Rename the script.`,
    ],
    [
      'args beside a stage',
      { 'program.ts': text("output: z.object({}), args: ['--fast']"), 'train.py': stage('return {}') },
      `error[python-script]: "train.py" has a function with @stage, "train", and args, which nothing reads
  at train.py:6:1
  fix: Remove args, as the function gets the input, or remove @stage.`,
    ],
    [
      'something to include that is not there',
      {
        'program.ts': text("output: z.object({}), include: [new URL('./data/', import.meta.url)]"),
        'train.py': stage('return {}'),
      },
      `error[missing-file]: the file "data" isn't there
  at program.ts:7:74
  fix: Put the file there, or correct the URL given to include.`,
    ],
  ])('%s', async (_, files, expected) => {
    expect((await told(files, ['plan'])).trimEnd()).toBe(expected)
  })

  test('what Python can not compile, in any script, before the first of them runs', async () => {
    const one = program({
      'program.ts': text()
        .replace(
          'main(',
          "export const other = python('other', { script: new URL('./other.py', import.meta.url), input: z.object({ n: z.number() }), output: z.object({}) })\nexport const both = pipeline('both', { input: z.object({}), build: () => { other(train({ n: 1 })); return {} } })\nmain(",
        )
        .replace('demo)', 'both)'),
      'train.py': stage('return {"n": 1}'),
      'other.py': 'import helpers\n',
      'helpers.py': 'n = (1,\n',
    })
    const { code, stderr } = await one.run([])
    expect([code, stderr]).toEqual([
      2,
      `error[python-script]: "other.py" can't be run: SyntaxError: '(' was never closed
  at helpers.py:1:5
  stage at program.ts:8:22
  fix: Correct the line.
`,
    ])
  })

  test('dependencies without a lock: a notice', async () => {
    const block = '# /// script\n# dependencies = ["numpy"]\n# ///\n'
    expect(await told({ 'train.py': block }, ['plan'])).toContain(
      `notice[python-unlocked]: "train.py" names dependencies and has no lock, so their versions may change from run to run
  at train.py:1:1
  fix: Run uv lock --script train.py, and commit what it writes.
`,
    )
  })
})

describe('an interpreter', () => {
  const script = { 'train.py': stage('return {"n": 1}') }
  const fix = '  fix: Install Python 3.9 or later, or name one in MILLRACE_PYTHON.'

  test('that is not there', async () => {
    expect(await failure(script, { MILLRACE_PYTHON: 'python3.99' })).toBe(
      `error[python-environment]: "train.py" can't be run by "python3.99": there is no such program\n${fix}`,
    )
  })

  test('that is no Python, or one that is too old', async () => {
    const { folder, run } = program({
      'program.ts': text(),
      ...script,
      other: '#!/bin/sh\necho hello\n',
      old: '#!/bin/sh\necho \'{ "version": [3, 8, 18], "wrong": null }\'\n',
    })
    const by = async (name: string) => {
      chmodSync(join(folder, name), 0o755)
      const { stderr } = await run(['--progress', 'quiet'], { env: { MILLRACE_PYTHON: join(folder, name) } })
      return stderr.split('\n').filter((line) => /^error|^ {2}fix/.test(line))
    }
    expect([await by('other'), await by('old')]).toEqual([
      [
        `error[python-environment]: "train.py" can't be run by "<dir>/other": it is no Python`,
        '  fix: Name an interpreter of Python in MILLRACE_PYTHON.',
      ],
      [
        `error[python-environment]: "train.py" can't be run by "<dir>/old": it is Python 3.8.18`,
        '  fix: Use Python 3.9 or later.',
      ],
    ])
  })

  test('for a script that names dependencies, where there is no uv', async () => {
    const block = '# /// script\n# dependencies = ["numpy"]\n# ///\n'
    expect(await failure({ 'train.py': block + stage('return {}') }, { PATH: '/usr/bin:/bin' })).toBe(
      `error[python-environment]: "train.py" names dependencies, and there is no uv to install them
  fix: Install uv, or leave the block out and give the script a .venv.`,
    )
  })
})

describe('a script that fails', () => {
  test.each<[string, Files, string]>([
    [
      'a package that is not installed, under its other name',
      { 'train.py': stage('import sklearn_of_nobody\nreturn {}') },
      `error[stage-threw]: "train" raised ModuleNotFoundError: No module named 'sklearn_of_nobody'
  at train (train.py:7:5)
  fix: Install "sklearn_of_nobody" for python3, or put sklearn_of_nobody.py beside the script.`,
    ],
    [
      'a chain of exceptions',
      {
        'train.py': stage('try:\n    {}["a"]\nexcept KeyError as error:\n    raise ValueError("no a") from error'),
      },
      `error[stage-threw]: "train" raised ValueError: no a, caused by KeyError: 'a'
  at train (train.py:10:9)
  caused by KeyError: 'a'
    at train (train.py:8:9)
  fix: Mend the stage, or give it retries if the cause passes by itself.`,
    ],
    [
      'sys.exit(0)',
      { 'train.py': stage('import sys\nsys.exit(0)') },
      `error[exit-called]: "train" called sys.exit(0)
  at train (train.py:8:5)
  fix: Return the output, or raise an exception.`,
    ],
    [
      'os._exit',
      { 'train.py': stage('os._exit(3)') },
      `error[process-failed]: the process of "train" ended with exit code 3
  fix: Read the end of its log for the cause.`,
    ],
    [
      'a signal that nobody sent',
      { 'train.py': stage('import signal\nos.kill(os.getpid(), signal.SIGSEGV)') },
      `error[process-failed]: the process of "train" was ended by SIGSEGV (11)
  fix: Read the end of its log for the cause.`,
    ],
    [
      'an output of the wrong type',
      { 'train.py': stage('return {"n": "many"}') },
      `error[invalid-output]: "train" returned what its output schema refuses: n: Invalid input: expected number, received string (it is "many")
  fix: Return what the output schema says, or correct the schema.`,
    ],
    [
      'what is no number',
      { 'train.py': stage('return {"n": float("nan")}') },
      `error[invalid-output]: "train" returned an output in which n is NaN, which JSON can't carry
  fix: Give None, and a schema that takes null.`,
    ],
    [
      'a tuple',
      { 'train.py': stage('return {"n": [{"a": (1, 2)}]}') },
      `error[invalid-output]: "train" returned an output in which n[0].a is a tuple
  fix: Give list(value).`,
    ],
    [
      'nothing',
      { 'train.py': stage('context.metric("n", 1)') },
      `error[invalid-output]: "train" returned None, where its output is a dict
  fix: Return a dict.`,
    ],
    [
      'an artifact outside of its folder',
      { 'train.py': stage('return {"n": context.file("../../x")}') },
      `error[output-outside]: "train" called context.file('../../x'), which is outside of its folder
  at train (train.py:7:18)
  fix: Give a name for it, relative to the stage's folder.`,
    ],
    [
      'an artifact that was not written',
      { 'program.ts': text('output: z.object({ n: file() })'), 'train.py': stage('return {"n": context.file("x")}') },
      `error[no-output]: "train" returned an output in which n is the file 'x', which was not written
  fix: Write it before the stage returns.`,
    ],
    [
      'a script by hand that writes no output',
      { 'train.py': 'print("done")\n' },
      `error[no-output]: the process of "train" ended with 0 and without an output
  fix: Return the output; do not end the process inside the stage.`,
    ],
  ])('%s', async (_, files, expected) => {
    expect(await failure(files, { MILLRACE_PYTHON: 'python3' })).toBe(expected)
  })
})
