import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What Python says of a file. */
export interface RealFile {
  readonly file: string
  /** Kind, text, line; null: it takes the file for no Python. */
  readonly tokens: readonly (readonly [kind: string, text: string, line: number])[] | null
  /** Form, module with its dots, names, line, whether it is guarded, whether it is for types only. */
  readonly imports: readonly (readonly [string, string, string, number, boolean, boolean])[]
}

export interface RealPython {
  readonly path: string
  readonly version: string
  /** Of its standard library. */
  readonly folder: string
}

function realPython(path: string): RealPython | undefined {
  const code = "import os, sys; print('%d.%d.%d' % sys.version_info[:3]); print(os.path.dirname(os.__file__))"
  const { status, stdout } = spawnSync(path, ['-c', code], { encoding: 'utf8' })
  const [version = '', folder = ''] = status === 0 ? stdout.trim().split(/\r?\n/) : []
  return /^3\.(9|1\d)\./.test(version) ? { path, version, folder } : undefined
}

/** The `python3` of this machine, or all that are known to be there. */
export function realPythons(all: boolean): RealPython[] {
  const versions = join(homedir(), '.pyenv/versions')
  const more =
    all && existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, 'bin/python3')) : []
  const found = ['python3', '/usr/bin/python3', ...more].flatMap((path) => realPython(path) ?? [])
  const byFolder = new Map(found.toReversed().map((python) => [python.folder, python]))
  return all ? [...byFolder.values()] : found.slice(0, 1)
}

/** @param installed whether packages that are installed count too */
export const pythonFiles = ({ folder }: RealPython, installed: boolean): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.py') && (installed || !file.startsWith('site-packages')))
    .sort()
    .map((file) => join(folder, file))

export function askPython({ path }: RealPython, files: readonly string[]): RealFile[] {
  const { stdout } = spawnSync(path, ['-W', 'ignore', '-X', 'utf8', '-c', asked], {
    encoding: 'utf8',
    input: files.join('\n'),
    maxBuffer: 2 ** 30,
  })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RealFile)
}

const asked = String.raw`
import ast, importlib.util, io, json, re, sys, token, tokenize

KINDS = {token.NAME: 'name', token.NUMBER: 'number', token.STRING: 'string', token.OP: 'operator',
         token.NEWLINE: 'newline', token.INDENT: 'indent', token.DEDENT: 'dedent'}
START, END = getattr(token, 'FSTRING_START', None), getattr(token, 'FSTRING_END', None)
ERRORS = {'ImportError', 'ModuleNotFoundError', 'Exception', 'BaseException'}

def tokens_of(source):
    lines = source.splitlines(keepends=True) if '\f' not in source else re.findall(r'[^\n]*\n|[^\n]+', source)
    out, depth = [], 0
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        if START is not None and one.type in (START, END):
            depth += 1 if one.type == START else -1
            if one.type == START and depth == 1: begin = one.start
            if depth == 0:
                (a, b), (c, d) = begin, one.end
                text = lines[a - 1][b:d] if a == c else lines[a - 1][b:] + ''.join(lines[a:c - 1]) + lines[c - 1][:d]
                out.append(['string', text, a])
        elif depth == 0 and one.type in KINDS:
            empty = one.type in (token.NEWLINE, token.DEDENT)
            out.append([KINDS[one.type], '' if empty else one.string, 0 if empty else one.start[0]])
        elif depth == 0 and one.type == token.ERRORTOKEN:
            raise SyntaxError
    return out

def guards(handlers):
    names = lambda node: {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return any(h.type is None or names(h.type) & ERRORS for h in handlers)

def imports_of(tree):
    out = []
    def add(node, form, module, names, guarded, typing):
        out.append((node.lineno, node.col_offset, len(out), [form, module, names, node.lineno, guarded, typing]))
    def each(nodes, guarded, typing):
        for node in nodes: visit(node, guarded, typing)
    def visit(node, guarded, typing):
        if isinstance(node, ast.Import):
            for one in node.names: add(node, 'import', one.name, one.name, guarded, typing)
        elif isinstance(node, ast.ImportFrom):
            add(node, 'from', '.' * node.level + (node.module or ''), ','.join(n.name for n in node.names), guarded, typing)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            each(node.decorator_list, guarded, typing)
            decorators, node.decorator_list = node.decorator_list, []
            each(ast.iter_child_nodes(node), False, typing)
        elif isinstance(node, ast.Try) or type(node).__name__ == 'TryStar':
            each(node.body, guarded or guards(node.handlers), typing)
            each(node.handlers + node.orelse + node.finalbody, guarded, typing)
        elif isinstance(node, ast.If):
            test = node.test
            name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) and isinstance(test.value, ast.Name) else ''
            visit(test, guarded, typing)
            each(node.body, guarded, typing or name == 'TYPE_CHECKING')
            each(node.orelse, guarded, typing)
        else:
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, 'id', getattr(node.func, 'attr', ''))
                first = node.args[0]
                if called in ('import_module', '__import__') and isinstance(first, ast.Constant) and isinstance(first.value, str) and re.fullmatch(r'[\w.]+', first.value):
                    base = (node.args[1:] + [k.value for k in node.keywords if k.arg == 'package'] + [None])[0]
                    if first.value[0] != '.': add(node, 'call', first.value, '', guarded, typing)
                    elif isinstance(base, ast.Constant) and isinstance(base.value, str):
                        add(node, 'call', importlib.util.resolve_name(first.value, base.value), '', guarded, typing)
            each(ast.iter_child_nodes(node), guarded, typing)
    visit(tree, False, False)
    return [one for *_, one in sorted(out)]

sys.setrecursionlimit(20000)
for file in sys.stdin.read().split('\n'):
    try:
        with open(file, 'rb') as opened: data = opened.read()
        tree = ast.parse(data)
        compile(data, file, 'exec', dont_inherit=True)
        source = io.TextIOWrapper(io.BytesIO(data), tokenize.detect_encoding(io.BytesIO(data).readline)[0]).read()
        said = {'file': file, 'tokens': tokens_of(source), 'imports': imports_of(tree)}
    except (SyntaxError, ValueError, LookupError, RecursionError, tokenize.TokenError):
        said = {'file': file, 'tokens': None, 'imports': []}
    print(json.dumps(said))
`
