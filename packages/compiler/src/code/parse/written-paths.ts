import type { ESTree } from 'rolldown/utils'
import type { PathValues } from './path-values.ts'
import type { Analysis } from './scopes.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'

export type Call = ESTree.CallExpression | ESTree.NewExpression

/** Functions of `fs` that look for a file or read it, and those that make one. */
const reads =
  /^(?:readFile|createReadStream|readdir|opendir|open|openAsBlob|exists|stat|lstat|access|realpath|readlink|cp|copyFile)(?:Sync)?$/
const writes = /^(?:writeFile|appendFile|createWriteStream|mkdir|mkdtemp|truncate|open|symlink|link)(?:Sync)?$/
const copies = /^(?:cp|copyFile|rename|symlink|link)(?:Sync)?$/

/** The machine's own, of which nobody makes an input. */
const system = /^\/(?:dev|proc|sys)\//

/** Tells which files a module reads whose paths are written out in it, and which it doesn't make itself. */
export class WrittenPaths {
  readonly #values: PathValues
  readonly #made: readonly string[]
  /** The conditions of loops. */
  readonly #waits: readonly Node[]

  constructor({ visits }: Analysis, values: PathValues) {
    this.#values = values
    this.#waits = visits.flatMap(({ node }) =>
      node.type === 'WhileStatement' || node.type === 'DoWhileStatement' || node.type === 'ForStatement'
        ? (node.test ?? [])
        : [],
    )
    this.#made = visits.flatMap(({ node }) => (node.type === 'CallExpression' ? this.#madeBy(node) : []))
  }

  /** How a message shows a call that reads such a file. */
  readBy(call: Call): string | undefined {
    const [first] = call.arguments
    const path = first && this.#pathOf(first)
    const called = path === undefined ? undefined : this.#values.builtins.called(call.callee)
    if (path === undefined || !called) return undefined
    switch (called.from) {
      case 'fs':
        if (!reads.test(called.name) || isWrite(call, called.name) || system.test(path) || this.#isMade(path))
          return undefined
        if (/^(?:exists|stat|lstat|access)/.test(called.name) && this.#isWait(call)) return undefined
        break
      case 'child_process':
        if (called.name !== 'fork' || !/^[./]/.test(path)) return undefined
        break
      case 'worker_threads':
        if (called.name !== 'Worker' || !/^[./]/.test(path)) return undefined
        break
      default:
        return undefined
    }
    return `${call.type === 'NewExpression' ? 'new ' : ''}${called.name}('${path}')`
  }

  /** `while (!existsSync('go')) await sleep(20)` waits for somebody, and takes nothing from the file. */
  #isWait(call: Call): boolean {
    return this.#waits.some((test) => test.start <= call.start && call.end <= test.end)
  }

  #madeBy(call: Call): string[] {
    const called = this.#values.builtins.called(call.callee)
    if (called?.from !== 'fs') return []
    const place = copies.test(called.name) ? 1 : writes.test(called.name) && isWrite(call, called.name) ? 0 : undefined
    const argument = place === undefined ? undefined : call.arguments[place]
    const path = argument && this.#pathOf(argument)
    return path === undefined ? [] : [path.replace(/^\.\//, '')]
  }

  /** Whether it is a file, or in a folder, or the folder of one, that the module makes. */
  #isMade(path: string): boolean {
    const plain = path.replace(/^\.\//, '')
    return this.#made.some(
      (made) =>
        made === plain || plain.startsWith(`${made}/`) || made.startsWith(plain.endsWith('/') ? plain : `${plain}/`),
    )
  }

  /** A path as it is written out; one below `process.cwd()` is relative. */
  #pathOf(argument: Node): string | undefined {
    const at = unwrap(argument)
    if (at.type === 'CallExpression') {
      const called = this.#values.builtins.called(at.callee)
      if (called?.from === 'path' && /^(?:join|resolve)$/.test(called.name)) {
        const parts = at.arguments
          .filter((part, index) => index > 0 || !isCurrentFolder(part))
          .map((part) => this.#text(part))
        return parts.length === 0 || parts.includes(undefined) ? undefined : parts.join('/').replace(/\/{2,}/g, '/')
      }
    }
    return this.#text(at)
  }

  #text(node: Node): string | undefined {
    const value = node.type === 'SpreadElement' ? undefined : this.#values.of(node)
    return value?.kind === 'text' && !value.open && value.text !== '' ? value.text : undefined
  }
}

/** `open(path, 'w')`; all others that write do nothing else. */
function isWrite(call: Call, name: string): boolean {
  if (!/^open(?:Sync)?$/.test(name)) return writes.test(name) && !reads.test(name)
  return /[wa]/.test(literalText(call.arguments[1]) ?? '')
}

/** `process.cwd()`, `'.'` */
function isCurrentFolder(node: Node): boolean {
  const at = unwrap(node)
  if (literalText(at) === '.') return true
  const callee = at.type === 'CallExpression' ? unwrap(at.callee) : at
  if (callee.type !== 'MemberExpression' || propertyName(callee, callee.property) !== 'cwd') return false
  const object = unwrap(callee.object)
  return object.type === 'Identifier' && object.name === 'process'
}
