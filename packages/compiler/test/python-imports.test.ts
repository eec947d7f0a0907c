import { describe, expect, test } from 'vitest'
import { codingLine } from '../src/code/python/coding-line.ts'
import { importsOf } from '../src/code/python/imports.ts'
import { lex } from '../src/code/python/lexer.ts'
import { scriptBlocks } from '../src/code/python/script-block.ts'
import { stageFunctions } from '../src/code/python/stage-functions.ts'

const imports = (text: string) => importsOf(lex(text).tokens)
const plain = { level: 0, names: [], line: 1, column: 1, top: true, typeChecking: false, guarded: false }

/** `from ..a import b`, or the module's name, with `?` where it may fail and `T` where it is for types only. */
const told = (text: string): string[] =>
  imports(text).map(
    ({ form, module, level, names, guarded, typeChecking }) =>
      `${form} ${'.'.repeat(level)}${module}${form === 'from' ? ` ${names.map(({ name }) => name).join()}` : ''}${guarded ? ' ?' : ''}${typeChecking ? ' T' : ''}`,
  )

test('an import says all that it says', () => {
  expect(imports('import a.b as c, d')).toEqual([
    { ...plain, form: 'import', module: 'a.b', names: [{ name: 'a.b', as: 'c' }] },
    { ...plain, form: 'import', module: 'd', names: [{ name: 'd' }] },
  ])
  expect(imports('x\nif y:\n  from ..x.y import (z,  # one\n    w as v,\n  )')).toEqual([
    {
      ...plain,
      form: 'from',
      module: 'x.y',
      level: 2,
      names: [{ name: 'z' }, { name: 'w', as: 'v' }],
      line: 3,
      column: 3,
      top: false,
    },
  ])
})

test('imports stand anywhere', () => {
  expect(told('x = 1; import a; from b import c')).toEqual(['import a', 'from b c'])
  expect(told('if x: import a\nelse: from b import *')).toEqual(['import a', 'from b *'])
  expect(told('class A:\n  async def f():\n    with x:\n      from . import w')).toEqual(['from . w'])
  expect(told('from ... import a\nfrom .... import b\nfrom . . c import d')).toEqual([
    'from ... a',
    'from .... b',
    'from ..c d',
  ])
  expect(told('from \\\n  a \\\n  import b')).toEqual(['from a b'])
  expect(told('import ｏｓ')).toEqual(['import os'])
})

test('what only looks like one is none', () => {
  expect(told('"import a"\n# import b\nx.from_ = 1\nraise A from b\ndef f():\n  yield from c\n')).toEqual([])
  expect(told('import_module(name)\n__import__(f"a{b}")\nimport_module("a" "b")\ndef import_module("a"): 0')).toEqual(
    [],
  )
})

test('calls with a literal', () => {
  expect(told('importlib.import_module("a.b")\nimport_module(\'c\',)\n__import__(r"d", globals())')).toEqual([
    'call a.b',
    'call c',
    'call d',
  ])
  expect(
    told('import_module(".a", __package__)\nimport_module("..a", package="b.c")\nimport_module(".a", f())'),
  ).toEqual(['call .a', 'call b.a'])
  expect(told('f"{{x}} {__import__(\'a\').b}"')).toEqual(['call a'])
  expect(told('f"{x} __import__(\'a\')" "__import__(\'b\')"')).toEqual([])
})

describe('an import that may fail', () => {
  const cases: Record<string, readonly [text: string, guarded: readonly string[]]> = {
    ImportError: ['try:\n  import a\nexcept ImportError:\n  import b', ['import a ?', 'import b']],
    'one of several': ['try:\n  import a\nexcept (ValueError, ModuleNotFoundError) as e: pass', ['import a ?']],
    'a second clause': ['try: import a\nexcept ValueError: pass\nexcept ImportError: pass', ['import a ?']],
    'all errors': ['try:\n  import a\nexcept:\n  pass\nelse:\n  import b', ['import a ?', 'import b']],
    Exception: ['try:\n  if x:\n    import a\nexcept Exception: pass\nfinally: import b', ['import a ?', 'import b']],
    'another error': ['try:\n  import a\nexcept ValueError: pass', ['import a']],
    'no clause': ['try:\n  import a\nfinally: pass', ['import a']],
    'the try around it': [
      'try:\n  try:\n    import a\n  except ValueError: pass\nexcept ImportError: pass',
      ['import a ?'],
    ],
    'a function is called elsewhere': ['try:\n  def f():\n    import a\nexcept ImportError: pass', ['import a']],
  }
  test.each(Object.entries(cases))('%s', (_name, [text, guarded]) => {
    expect(told(text)).toEqual(guarded)
  })
})

test('imports for types only', () => {
  expect(told('if TYPE_CHECKING:\n  import a\nelse:\n  import b')).toEqual(['import a T', 'import b'])
  expect(told('if typing.TYPE_CHECKING: import a\nimport b')).toEqual(['import a T', 'import b'])
  expect(told('if TYPE_CHECKING or x:\n  import a\nif not TYPE_CHECKING:\n  import b')).toEqual([
    'import a',
    'import b',
  ])
})

describe('functions with @stage', () => {
  const functions = (text: string) => {
    const { tokens } = lex(text)
    return stageFunctions(tokens, importsOf(tokens)).map(({ name, line }) => `${name} ${line}`)
  }
  const cases: Record<string, readonly [text: string, found: readonly string[]]> = {
    'named, called, under another name': [
      'from millrace import stage, stage as s\n@stage\ndef a(): 0\n@stage()\ndef b(): 0\n@s\n@other\nasync def c(): 0',
      ['a 3', 'b 5', 'c 8'],
    ],
    'by the module': [
      'import millrace\nimport millrace as m\n@millrace.stage\ndef a(): 0\n@m.stage(x=(1))\ndef b(): 0',
      ['a 4', 'b 6'],
    ],
    'by all names': ['from millrace import *\n@stage\ndef a(): 0', ['a 3']],
    'of another module': ['from other import stage\n@stage\ndef a(): 0', []],
    'without an import': ['@stage\ndef a(): 0', []],
    'in a class, or a function': [
      'from millrace import stage\nclass A:\n  @stage\n  def a(): 0\ndef f():\n  @stage\n  def b(): 0',
      [],
    ],
    'a class': ['from millrace import stage\n@stage\nclass A: 0\ndef b(): 0', []],
    'what stage gives': ['from millrace import stage\n@stage.other\ndef a(): 0\n@stage()()\ndef b(): 0', []],
  }
  test.each(Object.entries(cases))('%s', (_name, [text, found]) => {
    expect(functions(text)).toEqual(found)
  })
})

test('the block of a script', () => {
  const text = `#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"  # a comment
# dependencies = [
#   "numpy>=2", # "not this"
#   'pandas[a]',
#   "\\u00e9\\"",
# ]
#
# [tool.uv]
# exclude-newer = "2025-01-01"
# ///
import numpy
`
  expect(scriptBlocks(text)).toEqual([
    {
      text: `requires-python = ">=3.11"  # a comment
dependencies = [
  "numpy>=2", # "not this"
  'pandas[a]',
  "\\u00e9\\"",
]

[tool.uv]
exclude-newer = "2025-01-01"
`,
      line: 2,
      requiresPython: '>=3.11',
      dependencies: ['numpy>=2', 'pandas[a]', 'é"'],
    },
  ])
  expect(scriptBlocks('# /// script\n# x = 1\n#///\n')).toEqual([])
  expect(scriptBlocks('# /// other\n# x = 1\n# ///\n')).toEqual([])
  expect(
    scriptBlocks('# /// script\n# x = 1\n# dependencies = []\n# ///').map(({ dependencies }) => dependencies),
  ).toEqual([[]])
})

test('the line that names the encoding', () => {
  expect(codingLine('# -*- coding: Latin_1 -*-\n')).toEqual({ text: '# -*- coding: Latin_1 -*-', encoding: 'latin-1' })
  expect(codingLine('#!/bin/python\n# vim: set fileencoding=utf-8 :')?.encoding).toBe('utf-8')
  expect(codingLine('import a\n# coding: utf-8')).toBeUndefined()
  expect(codingLine('\n\n# coding: utf-8')).toBeUndefined()
})
