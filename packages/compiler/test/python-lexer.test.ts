import { describe, expect, test } from 'vitest'
import { lex } from '../src/code/python/lexer.ts'

/** Each token as its text; those without one as their kind. */
const words = (text: string): string[] => {
  const { tokens, unsure } = lex(text)
  expect(unsure).toBeUndefined()
  return tokens.map((token) => (token.kind === 'indent' || token.text === '' ? token.kind.toUpperCase() : token.text))
}

test('tokens have their kind, text and place', () => {
  expect(lex('if x:\n\ty = "a"  # b\n').tokens).toEqual([
    { kind: 'name', text: 'if', line: 1, column: 1 },
    { kind: 'name', text: 'x', line: 1, column: 4 },
    { kind: 'operator', text: ':', line: 1, column: 5 },
    { kind: 'newline', text: '', line: 1, column: 6 },
    { kind: 'indent', text: '\t', line: 2, column: 1 },
    { kind: 'name', text: 'y', line: 2, column: 2 },
    { kind: 'operator', text: '=', line: 2, column: 4 },
    { kind: 'string', text: '"a"', line: 2, column: 6 },
    { kind: 'newline', text: '', line: 2, column: 14 },
    { kind: 'dedent', text: '', line: 3, column: 1 },
  ])
})

describe('one string, whatever it holds', () => {
  const strings = [
    "''",
    '"a\'b"',
    "'a\\'b'",
    "'a\\\\'",
    "'a\\\nb'",
    '"""a\n"b" ""\\""" c"""',
    "r'\\n'",
    ...['u', 'U', 'b', 'B', 'rb', 'bR', 'Rb', 'f', 'F', 'rf', 'fR', 't', 'rt'].map((prefix) => `${prefix}'x'`),
    "f'{a}'",
    "f'{{a}}'",
    "f'{{{a}}}'",
    'f"{a["b"]}"',
    'f"{f"{f"{1}"}"}"',
    'f"{x!r:>{width}}"',
    'f"{x:%H:%M}"',
    "f'{x:\\N{DASH}>5}\\N{BULLET}'",
    "f'{ {1: 2}[1] }'",
    "f'{(lambda x: x)(1)}'",
    'f\'{d["}"]}\'',
    "f'\\{x}'",
    "rf'\\{x}\\N{x}'",
    "f'{x:\"}'",
    "f'''{\n  x  # ' comment }\n}'''",
    "f'''{x:\n}'''",
    "f'{x!=y}'",
  ]
  test.each(strings)('%s', (text) => {
    expect(words(`${text}\n`)).toEqual([text, 'NEWLINE'])
  })
})

test('names before a quote that are no prefix are names', () => {
  expect(words('ur"a" x"b" ff"c"')).toEqual(['ur', '"a"', 'x', '"b"', 'ff', '"c"', 'NEWLINE'])
})

test('numbers', () => {
  const numbers = '0 00_0 1_000 0xFF_ff 0b1_0 0O17 1. .5 1.5e-3 1e5 1_0j 3.J 1E+1j'
  expect(words(numbers)).toEqual([...numbers.split(' '), 'NEWLINE'])
  expect(words('1if x else 0xfor y')).toEqual(['1', 'if', 'x', 'else', '0xf', 'or', 'y', 'NEWLINE'])
  expect(words('x[1:2].y')).toEqual(['x', '[', '1', ':', '2', ']', '.', 'y', 'NEWLINE'])
  expect(words('1..real')).toEqual(['1.', '.', 'real', 'NEWLINE'])
})

test('operators, the longest first', () => {
  const all =
    '+ - * ** / // % @ << >> & | ^ ~ := < > <= >= == != -> += -= *= /= //= %= @= &= |= ^= >>= <<= **= . ... : ; ='
  expect(words(all)).toEqual([...all.split(' '), 'NEWLINE'])
  expect(words('a**=-b//c')).toEqual(['a', '**=', '-', 'b', '//', 'c', 'NEWLINE'])
})

test('names of any script', () => {
  expect(words('größe = 变量 + _x1')).toEqual(['größe', '=', '变量', '+', '_x1', 'NEWLINE'])
})

test('blocks open and close by their indentation; tabs go to the next eighth column', () => {
  expect(words('if a:\n  if b:\n      c\nd')).toEqual(
    'if a : NEWLINE INDENT if b : NEWLINE INDENT c NEWLINE DEDENT DEDENT d NEWLINE'.split(' '),
  )
  expect(words('if a:\n\tb\n\n  # comment\n\tc\n')).toEqual(
    'if a : NEWLINE INDENT b NEWLINE c NEWLINE DEDENT'.split(' '),
  )
  expect(words('if a:\n \f  b\n  c')).toEqual('if a : NEWLINE INDENT b NEWLINE c NEWLINE DEDENT'.split(' '))
})

test('lines are joined by brackets and by backslashes', () => {
  expect(words('f(a,\n\n  # b\n    c)\nd')).toEqual(['f', '(', 'a', ',', 'c', ')', 'NEWLINE', 'd', 'NEWLINE'])
  expect(words('a = \\\n    1\nb')).toEqual(['a', '=', '1', 'NEWLINE', 'b', 'NEWLINE'])
  expect(words('if a:\n  \\\nb')).toEqual(['if', 'a', ':', 'NEWLINE', 'INDENT', 'b', 'NEWLINE', 'DEDENT'])
})

test('comments, blank lines, form feeds, line ends and a byte order mark change nothing', () => {
  expect(words('\uFEFF# x\r\na # y\r\n\r\n   \f\r\nif b: \r\n  """d\r\ne"""')).toEqual(words('a\nif b:\n  """d\ne"""'))
  expect(words('a\rb\r')).toEqual(['a', 'NEWLINE', 'b', 'NEWLINE'])
  expect(words('')).toEqual([])
  expect(words('# only')).toEqual([])
})

describe('what is no Python is unsure, with its line', () => {
  const cases: Record<string, readonly [text: string, line: number, message: string]> = {
    'a string': ['a\nb = "c\nd', 2, 'a string that does not end'],
    'a long string': ['a\n\n"""b\n\n', 3, 'a string that does not end'],
    'a raw string whose quote is written out': ["r'\\'\n", 1, 'a string that does not end'],
    'an f-string without its brace': ['f"{a"', 1, 'a string that does not end'],
    'an f-string with a brace too many': ['f"a}"', 1, 'a string that does not end'],
    'a bracket': ['a\nf(\n[1,\n2\n', 3, '"[" is never closed'],
    'a bracket of another kind': ['f(]', 1, '"]" opens nowhere'],
    'a bracket too many': ['a\n)', 2, '")" opens nowhere'],
    'an indentation': ['if a:\n    b\n  c', 3, 'an indentation that no line above has'],
    'tabs and spaces': ['if a:\n        b\n\tc', 3, 'tabs and spaces mixed'],
    'a character': ['a $ b', 1, '"$"'],
    'an exclamation mark': ['!ls', 1, '"!"'],
    'a letter that is none': ['a€ = 1', 1, 'a character that no name has'],
    'a backslash': ['a \\ b', 1, 'a backslash'],
    'a backslash at the end': ['a \\\n', 1, 'a backslash'],
    'a number': ['1__0', 1, 'a number'],
    'an old number': ['0777', 1, 'a number'],
    'a null byte': ['a\nb\0', 2, 'a null byte'],
  }
  test.each(Object.entries(cases))('%s', (_name, [text, line, message]) => {
    expect(lex(text).unsure).toEqual({ line, message })
  })
})
