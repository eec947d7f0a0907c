import { join } from 'node:path'
import { digestBytes } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import { PythonFiles } from '../src/code/python/python-files.ts'
import { type ScriptCode, scriptCode } from '../src/code/python/script-code.ts'
import { type Files, look, write } from './python-project.ts'

const names = (code: ScriptCode): string[] => {
  expect(code.problems).toEqual([])
  return code.files.map(({ name }) => name)
}
test('all that is known of a script', () => {
  const root = write({
    'uv.lock': 'lock',
    'scripts/train.py':
      'from millrace import stage\nimport numpy as np\nimport helper\n\n@stage\ndef train(input): 0\n',
    'scripts/helper.py': '1\n',
  })
  const script = join(root, 'scripts/train.py')
  const helper = join(root, 'scripts/helper.py')
  const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
  expect(scriptCode(script)).toEqual({
    files: [
      { path: helper, name: 'helper.py', digest: digestBytes('number1:1\nnewline0:\n') },
      { path: script, name: 'train.py', digest },
    ],
    digest,
    outside: ['numpy'],
    form: 'function',
    stageFunction: { name: 'train', line: 6, column: 1 },
    lock: { path: join(root, 'uv.lock'), digest: digestBytes('lock') },
    unsure: [],
    problems: [],
  })
})

describe('what a script imports counts', () => {
  const cases: Record<string, readonly [files: Files, names: readonly string[]]> = {
    'a module, through others': [
      { 'train.py': 'import a', 'a.py': 'def f():\n  import b', 'b.py': '', 'c.py': '' },
      ['a.py', 'b.py', 'train.py'],
    ],
    'a package and all that stand above its module': [
      { 'train.py': 'import a.b.c', 'a/__init__.py': '', 'a/b/__init__.py': '', 'a/b/c.py': '', 'a/d.py': '' },
      ['a/__init__.py', 'a/b/__init__.py', 'a/b/c.py', 'train.py'],
    ],
    'a package before a module': [
      { 'train.py': 'import a', 'a/__init__.py': '', 'a.py': '' },
      ['a/__init__.py', 'train.py'],
    ],
    'a folder that is no package': [{ 'train.py': 'from a.b import c', 'a/b/c.py': '' }, ['a/b/c.py', 'train.py']],
    'a submodule that is taken out of a package, and no name that is none': [
      { 'train.py': 'from a import b, c', 'a/__init__.py': 'c = 1', 'a/b.py': '' },
      ['a/__init__.py', 'a/b.py', 'train.py'],
    ],
    'what a package names in __all__': [
      { 'train.py': 'from a import *', 'a/__init__.py': "__all__ = [\n'b']", 'a/b.py': '', 'a/c.py': '' },
      ['a/__init__.py', 'a/b.py', 'train.py'],
    ],
    'relative imports in a package': [
      {
        'train.py': 'import a.b.c',
        'a/__init__.py': 'from .d import x',
        'a/b/__init__.py': 'from . import e',
        'a/b/c.py': 'from ..f import y\nfrom .. import g',
        'a/b/e.py': '',
        'a/d.py': '',
        'a/f.py': '',
        'a/g.py': '',
      },
      ['a/__init__.py', 'a/b/__init__.py', 'a/b/c.py', 'a/b/e.py', 'a/d.py', 'a/f.py', 'a/g.py', 'train.py'],
    ],
    'a file with the name of a standard module': [
      { 'train.py': 'import random', 'random.py': '' },
      ['random.py', 'train.py'],
    ],
    'a literal in a call': [
      { 'train.py': "import importlib\nimportlib.import_module('a')", 'a.py': '' },
      ['a.py', 'train.py'],
    ],
    'modules that import each other': [
      { 'train.py': 'import a', 'a.py': 'import b', 'b.py': 'import a, train' },
      ['a.py', 'b.py', 'train.py'],
    ],
  }
  test.each(Object.entries(cases))('%s', (_name, [files, found]) => {
    expect(names(look(files))).toEqual(found)
  })

  test('in src of the project, behind what stands beside', () => {
    const files = {
      'jobs/train.py': 'import a, b, c.d, c.e',
      'jobs/a.py': '',
      'src/a.py': '',
      'src/b/__init__.py': '',
      'jobs/c/d.py': '',
      'src/c/e.py': '',
    }
    expect(names(look(files, { script: 'jobs/train.py' }))).toEqual([
      'jobs/a.py',
      'jobs/c/d.py',
      'jobs/train.py',
      'src/b/__init__.py',
      'src/c/e.py',
    ])
  })

  test('in src of the nearest project only', () => {
    const files = { 'inner/package.json': '', '.git/HEAD': '', 'inner/x.py': '', 'src/a.py': '', 'inner/src/b.py': '' }
    const script = { 'inner/jobs/train.py': 'import a, b' }
    expect(names(look({ ...files, ...script }, { script: 'inner/jobs/train.py' }))).toEqual([
      'inner/jobs/train.py',
      'src/a.py',
    ])
    expect(names(look({ ...files, ...script, 'inner/pyproject.toml': '' }, { script: 'inner/jobs/train.py' }))).toEqual(
      ['jobs/train.py', 'src/b.py'],
    )
  })
})

test('what is included counts: data by its bytes, Python as it is read, with what it imports', () => {
  const files = {
    'jobs/train.py': '',
    'data/b.csv': '1',
    'data/a/c.csv': '2',
    'data/__pycache__/x.pyc': '3',
    'data/.venv/x.py': '4',
    'jobs/plugins/p.py': 'from .q import r',
    'jobs/plugins/q.py': '',
    'jobs/plugins/not.py': '',
  }
  const include = ['data', 'jobs/plugins/p.py']
  const code = look(files, { script: 'jobs/train.py', include })
  expect(names(code)).toEqual(['data/a/c.csv', 'data/b.csv', 'jobs/plugins/p.py', 'jobs/plugins/q.py', 'jobs/train.py'])
  expect(code.files[1]?.digest).toBe(digestBytes('1'))
  const digest = (more: Files): string => look({ ...files, ...more }, { script: 'jobs/train.py', include }).digest
  expect(digest({})).toBe(code.digest)
  expect(digest({ 'data/.venv/x.py': '' })).toBe(code.digest)
  expect(digest({ 'jobs/plugins/p.py': '# more\nfrom .q import r\n' })).toBe(code.digest)
  expect(digest({ 'data/b.csv': '2' })).not.toBe(code.digest)
  expect(digest({ 'data/d.csv': '' })).not.toBe(code.digest)
})

test('outside is what must be installed', () => {
  const text = `
import os.path, numpy.linalg, torch, datasets, __main__, millrace
from sklearn import svm
import distutils
if TYPE_CHECKING:
  import types_only
try:
  import fast
except ImportError:
  import slow
`
  expect(look({ 'train.py': text, 'datasets/a.csv': '' }).outside).toEqual([
    'datasets',
    'distutils',
    'numpy',
    'sklearn',
    'slow',
    'torch',
  ])
})

describe('the digest', () => {
  const text = '#!/bin/sh\n# coding: utf-8\nimport os\n\ndef f(a):\n    """doc"""\n    return [a, 1]\n'
  const digest = (changed: string | Buffer, more: Files = {}): string => look({ 'train.py': changed, ...more }).digest
  const same: Record<string, string> = {
    'a comment': text.replace('[a', '[  # why\n a'),
    'blank lines': text.replaceAll('\n', '\n\n').replace('\n\n', '\n'),
    'spaces at the end': text.replace('import os', 'import os  \t'),
    'line ends': text.replaceAll('\n', '\r\n'),
    'spaces between': text.replace('a, 1', 'a ,1'),
    'another shebang': text.replace('/bin/sh', '/bin/python'),
    'no line end': text.trimEnd(),
    'a byte order mark': `\uFEFF${text}`,
  }
  test.each(Object.entries(same))('stays with %s', (_name, changed) => {
    expect(changed).not.toBe(text)
    expect(digest(changed)).toBe(digest(text))
  })
  const other: Record<string, string> = {
    'a name': text.replace('def f', 'def g'),
    'a doc string': text.replace('doc', 'doc '),
    'the indentation': text.replaceAll('    ', '  '),
    'the coding line': text.replace('utf-8', 'latin-1'),
    'the block': `# /// script\n# dependencies = []\n# ///\n${text}`,
    'no Python': `${text}$`,
  }
  test.each(Object.entries(other))('changes with %s', (_name, changed) => {
    expect(digest(changed)).not.toBe(digest(text))
  })
  test('changes with any character of a file that is no Python, and says so', () => {
    const code = look({ 'train.py': 'import a\nf(\n# b' })
    expect(code.unsure).toEqual([{ file: code.files[0]?.path, line: 2, message: '"(" is never closed' }])
    expect(code.problems).toEqual([])
    expect(digest('import a\nf(\n# b')).not.toBe(digest('import a\nf(\n# c'))
  })
  test('changes with the lock, and not with the folder', () => {
    expect(digest(text, { 'uv.lock': '1' })).not.toBe(digest(text))
    expect(digest(text, { 'uv.lock': '1' })).toBe(digest(text, { 'uv.lock': '1' }))
    expect(look({ 'deep/in/train.py': text }, { script: 'deep/in/train.py' }).digest).toBe(digest(text))
  })
  test('takes the encoding that a file names', () => {
    const latin = Buffer.from("# coding: latin-1\nx = '\xe9'\n", 'latin1')
    expect(look({ 'train.py': latin }).problems).toEqual([])
    expect(look({ 'train.py': '# coding: shift_jis\nx' }).unsure.map(({ message }) => message)).toEqual([
      'the encoding shift-jis',
    ])
  })
})

describe('the lock', () => {
  const lock = (files: Files): string | undefined => {
    const root = write(files)
    return scriptCode(join(root, 'p/jobs/train.py')).lock?.path.slice(root.length + 1)
  }
  const script = { 'p/pyproject.toml': '', 'p/jobs/train.py': '' }
  const block = { ...script, 'p/jobs/train.py': '# /// script\n# dependencies = ["a"]\n# ///\n' }
  test('is the nearest, up to the folder of the project', () => {
    expect(lock({ ...script, 'p/poetry.lock': '', 'p/uv.lock': '' })).toBe('p/uv.lock')
    expect(lock({ ...script, 'p/jobs/pylock.toml': '', 'p/uv.lock': '' })).toBe('p/jobs/pylock.toml')
    expect(lock({ ...script, 'uv.lock': '' })).toBeUndefined()
  })
  test('of a script with a block is its own', () => {
    expect(lock({ ...block, 'p/jobs/train.py.lock': '', 'p/uv.lock': '' })).toBe('p/jobs/train.py.lock')
    expect(lock({ ...block, 'p/uv.lock': '' })).toBeUndefined()
    expect(lock({ ...script, 'p/jobs/train.py.lock': '' })).toBeUndefined()
  })
})

test('a hundred scripts take no time', () => {
  const line = 'def compute(value, other=[1, 2.5, "text"]):\n    return f"{value!r:>10} {other}"  # a comment\n'
  const files: Record<string, string> = { 'shared.py': 'import json\n' }
  for (let i = 0; i < 100; i++) files[`s${i}.py`] = `import os, sys, numpy, shared\n${line.repeat(50)}`
  const root = write(files)
  const start = performance.now()
  const shared = new PythonFiles()
  for (let i = 0; i < 100; i++) scriptCode(join(root, `s${i}.py`), {}, shared)
  const took = performance.now() - start
  if (process.env.MILLRACE_LEXER === 'all') console.log(`100 scripts of 5 kB: ${took.toFixed()} ms`)
  // ten times what it takes on a machine that does nothing else
  expect(took).toBeLessThan(3000)
})
