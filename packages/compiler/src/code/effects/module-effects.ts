import { ModuleNames } from '../parse/module-names.ts'
import type { Analysis } from '../parse/scopes.ts'
import type { Node } from '../parse/syntax.ts'
import { Evaluation } from './evaluation.ts'

/**
 * Tells whether what a module does when it loads could be done in any order, or not at all: it makes things, and
 * neither changes anything that was there nor calls what might. What isn't known is told to be harmful.
 */
export class ModuleEffects {
  readonly names: ModuleNames
  /** Functions and classes that are harmless with all that they call. */
  readonly #known: Set<Node>

  constructor(names: ModuleNames | Analysis, known: Set<Node> = new Set()) {
    this.names = names instanceof ModuleNames ? names : new ModuleNames(names)
    this.#known = known
  }

  /** Whether all statements of a module are such. */
  isPureBody(body: readonly Node[]): boolean {
    const parts: (Node | null)[] = []
    for (const statement of body)
      switch (statement.type) {
        case 'ImportDeclaration':
          // for its effect alone
          if (statement.specifiers.length === 0) return false
          break
        case 'ExportNamedDeclaration':
        case 'ExportDefaultDeclaration':
          parts.push(statement.declaration)
          break
        case 'ExportAllDeclaration':
          break
        case 'VariableDeclaration':
        case 'FunctionDeclaration':
        case 'ClassDeclaration':
        case 'EmptyStatement':
          parts.push(statement)
          break
        default:
          return false
      }
    return this.isPure(parts)
  }

  /** Whether evaluating some nodes is. */
  isPure(nodes: readonly (Node | null)[]): boolean {
    const walk = new Evaluation(this.#known)
    walk.add(nodes, this.names)
    return walk.isPure()
  }
}
