import { expect, test } from 'vitest'
import { type Files, look, type Options } from './python-project.ts'

const problems = (files: Files, options?: Options): string[] =>
  look(files, options).problems.map(
    ({ code, message, at, fix }) => `${code} ${at.line ?? '-'}:${at.column ?? '-'} ${message} | ${fix}`,
  )
const stage = 'from millrace import stage\n@stage\ndef a(input): 0\n'
test('no script', () => {
  expect(problems({})).toEqual(['missing-file -:- there is no script "train.py" | Create it, or correct the path.'])
  expect(problems({ 'train.py/a.py': '' })).toEqual([
    'missing-file -:- "train.py" is a folder, no script | Name the script in it.',
  ])
  expect(problems({ 'train.ipynb': '{}' }, { script: 'train.ipynb' })).toEqual([
    'python-script -:- "train.ipynb" is a notebook, no script | Run jupyter nbconvert --to script "train.ipynb", and name the script that it writes.',
  ])
  expect(problems({ 'train.py': '' }, { include: ['data'] })).toEqual([
    'missing-file -:- there is no "data" to include | Create it, or correct the path.',
  ])
})
test('a text that is not UTF-8', () => {
  expect(problems({ 'train.py': Buffer.from("a\nx = '\xe9'", 'latin1') })).toEqual([
    'python-script 2:1 "train.py" is not UTF-8 | Save it as UTF-8.',
  ])
})
test('a script with the name of a standard module', () => {
  expect(problems({ 'random.py': '' }, { script: 'random.py' })).toEqual([
    'python-script -:- "random.py" hides the module "random" of Python\'s standard library from all that import it | Rename the script.',
  ])
})
test('relative imports in a script, unless it can do without', () => {
  const text = 'from .a import b\nfrom . import c\ntry:\n  from .a import b\nexcept ImportError: 0\n'
  expect(problems({ 'train.py': text, 'a.py': '' })).toEqual([
    'python-script 1:1 "train.py" imports ".a", but a script is in no package | Import "a", without dots.',
    'python-script 2:1 "train.py" imports ".", but a script is in no package | Import it by its name, without dots.',
  ])
})
test('relative imports of what is not there', () => {
  const files = {
    'train.py': 'import p.a, q.b, r',
    'p/__init__.py': 'from .gone import x\ndef f():\n  from .later import y',
  }
  expect(
    problems({
      ...files,
      'p/a.py': 'from ..x import y\nfrom . import attribute',
      'q/b.py': '\n\nfrom . import gone',
      'r.py': 'from .a import b',
    }),
  ).toEqual([
    'python-script 1:1 "p/__init__.py" imports ".gone", which isn\'t there | Create the module, or correct the import.',
    'python-script 1:1 "p/a.py" imports "..x", which is outside of its package | Import it by its name, without dots, or import this file as part of a package.',
    'python-script 3:1 "q/b.py" imports ".gone", which isn\'t there | Create the module, or correct the import.',
    'python-script 1:1 "r.py" imports ".a", which is outside of its package | Import it by its name, without dots, or import this file as part of a package.',
  ])
})
test('no module is missing that may be compiled, or made', () => {
  const files = {
    'train.py': 'import p, q',
    'p/__init__.py': 'from .fast import x',
    'q/__init__.py': 'from .made import x\n__path__ = f()',
  }
  expect(problems({ ...files, 'p/fast.cpython-313-darwin.so': '' })).toEqual([])
})
test('two functions, two blocks, args', () => {
  expect(problems({ 'train.py': `${stage}@stage\nasync def b(input): 0\n` }, { hasArgs: true })).toEqual([
    'python-script 5:1 "train.py" has two functions with @stage, "a" and "b" | Keep one, and put the other into a script of its own.',
    'python-script 3:1 "train.py" has a function with @stage, "a", and args, which nothing reads | Remove args, as the function gets the input, or remove @stage.',
  ])
  const block = '# /// script\n# dependencies = []\n# ///\n'
  expect(problems({ 'train.py': `${block}\n${block}` })).toEqual([
    'python-script 5:1 "train.py" has a second block "# /// script" | Keep one of them.',
  ])
})
