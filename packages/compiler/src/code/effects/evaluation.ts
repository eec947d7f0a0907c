import type { ESTree } from 'rolldown/utils'
import type { Meaning, ModuleNames } from '../parse/module-names.ts'
import { isFunction, literalText, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import { isToken } from '../parse/tokens.ts'
import { classParts, instanceParts, partsOf } from './evaluated-parts.ts'
import {
  callsArgument,
  changesItself,
  isBuiltinCall,
  isGlobalCall,
  isPureFactory,
  isPureFactoryCall,
  isPureMethod,
} from './harmless-names.ts'
import { meaningOfPath, receiverOf } from './receivers.ts'

/** A node to be evaluated. */
interface Step {
  readonly node: Node
  readonly of: ModuleNames
  /** `this` is what is being made. */
  readonly makes: boolean
}

type Call = ESTree.CallExpression | ESTree.NewExpression | ESTree.TaggedTemplateExpression

/** One question, with all that it leads to. */
export class Evaluation {
  readonly #stack: Step[] = []
  readonly #known: Set<Node>
  readonly #entered = new Set<Node>()
  /** Functions entered with a new object as `this`, which they may change. */
  readonly #making = new Set<Node>()
  readonly #modules = new Set<ModuleNames>()

  constructor(known: Set<Node>) {
    this.#known = known
  }

  add(nodes: readonly (Node | null | undefined)[], of: ModuleNames, makes = false): void {
    this.#modules.add(of)
    for (const node of nodes) if (node) this.#stack.push({ node: unwrap(node), of, makes })
  }

  isPure(): boolean {
    for (let step = this.#stack.pop(); step; step = this.#stack.pop()) if (!this.#evaluate(step)) return false
    for (const node of this.#entered) this.#known.add(node)
    return true
  }

  /** Adds what evaluating a node evaluates; false where it may change something. */
  #evaluate({ node, of, makes }: Step): boolean {
    switch (node.type) {
      case 'CallExpression':
      case 'NewExpression':
      case 'TaggedTemplateExpression':
        return this.#call(node, of, makes)
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const parts = classParts(node)
        if (!parts) return false
        this.add(parts.own, of)
        this.add(parts.onItself, of, true)
        return true
      }
      case 'AssignmentExpression':
        this.add([node.right], of, makes)
        return this.#assign(unwrap(node.left), of, makes)
      case 'UpdateExpression':
        return this.#assign(unwrap(node.argument), of, makes)
      case 'MemberExpression':
        this.#read(of, propertyName(node, node.property))
        break
      case 'ImportExpression':
        return isToken(literalText(node.source))
      case 'ObjectPattern':
      case 'SpreadElement':
        this.#read(of)
        break
    }
    if ((node.type === 'SpreadElement' || node.type === 'ForOfStatement') && this.#isGenerated(node, of)) return false
    if (node.type === 'VariableDeclarator' && node.init && node.id.type === 'ArrayPattern')
      if (this.#isGenerated(node.init, of)) return false
    const parts = partsOf(node)
    if (!parts) return false
    this.add(parts, of, makes)
    return true
  }

  /** Reading a property may run a getter, and writing it a setter; without a name any. */
  #read(of: ModuleNames, name?: string): void {
    for (const accessor of of.accessors(name)) this.#enter(accessor, of)
  }

  #enter(node: Node, of: ModuleNames, makes = false): boolean {
    if (this.#entered.has(node) || this.#known.has(node)) return true
    if (!isFunction(node) || node.generator) return false
    const entered = makes ? this.#making : this.#entered
    if (entered.has(node)) return true
    entered.add(node)
    this.add([...node.params, node.body], of, makes)
    return true
  }

  /** What goes through the items of a generator changes it. */
  #isGenerated(node: Node, of: ModuleNames): boolean {
    const items = node.type === 'SpreadElement' ? node.argument : node.type === 'ForOfStatement' ? node.right : node
    let at = unwrap(items)
    const meaning = at.type === 'Identifier' ? of.meaning(at) : undefined
    const within = meaning?.kind === 'value' ? meaning.of : of
    if (meaning?.kind === 'value') at = unwrap(meaning.node)
    if (at.type !== 'CallExpression') return false
    const made = meaningOfPath(at.callee, within)
    return made?.kind === 'function' && isFunction(made.node) && made.node.generator
  }

  #assign(target: Node, of: ModuleNames, makes: boolean): boolean {
    if (target.type === 'Identifier') {
      const binding = of.binding(target)
      return binding !== undefined && !of.isShared(binding) && binding.kind !== 'import'
    }
    if (target.type !== 'MemberExpression') return false
    if (target.computed) this.add([target.property], of, makes)
    this.#read(of, target.computed ? undefined : propertyName(target, target.property))
    return this.#isNew(target.object, of, makes)
  }

  /** Whether nothing else can hold what an expression gives. */
  #isNew(expression: Node, of: ModuleNames, makes: boolean): boolean {
    const at = unwrap(expression)
    switch (at.type) {
      case 'ThisExpression':
        return makes
      case 'ArrayExpression':
      case 'ObjectExpression':
        return true
      case 'Identifier': {
        const meaning = of.meaning(at)
        return meaning.kind === 'value' && meaning.local && this.#isMade(meaning.node, of)
      }
      default:
        return this.#isMade(at, of)
    }
  }

  /** Whether an expression makes a new list, object or such. */
  #isMade(expression: Node, of: ModuleNames): boolean {
    let at = unwrap(expression)
    for (;;) {
      if (at.type === 'ArrayExpression' || at.type === 'ObjectExpression') return true
      if (at.type !== 'CallExpression' && at.type !== 'NewExpression') return false
      const meaning = meaningOfPath(at.callee, of)
      if (meaning?.kind === 'class') return at.type === 'NewExpression'
      if (meaning?.kind === 'global')
        return isGlobalCall(meaning.path) && !['Object', 'Promise'].includes(meaning.path.join('.'))
      const callee = unwrap(at.callee)
      if (callee.type !== 'MemberExpression') return false
      const name = propertyName(callee, callee.property) ?? ''
      if (/^(?:map|filter|slice|concat|flat|flatMap|split|toSorted|toReversed|toSpliced)$/.test(name)) return true
      if (!/^(?:sort|reverse|fill|set|add)$/.test(name)) return false
      at = unwrap(callee.object)
    }
  }

  #call(call: Call, of: ModuleNames, makes: boolean): boolean {
    const list = call.type === 'TaggedTemplateExpression' ? call.quasi.expressions : call.arguments
    this.add(list, of, makes)
    const callee = unwrap(call.type === 'TaggedTemplateExpression' ? call.tag : call.callee)
    if (callee.type === 'Super') return true
    if (isFunction(callee)) return this.#enter(callee, of, call.type === 'NewExpression')
    if (callee.type === 'ClassExpression') {
      this.add([callee], of)
      return call.type === 'NewExpression' && this.#instantiate(callee, of)
    }
    const meaning = meaningOfPath(callee, of)
    if (meaning && meaning.kind !== 'value' && meaning.kind !== 'unknown' && meaning.kind !== 'data') {
      if (this.#callMeaning(meaning, call, list, of, makes)) return true
      // a method of a value in such a place: process.env.X.split(',')
      if (meaning.kind !== 'global') return false
    }
    return callee.type === 'MemberExpression' && this.#callMethod(callee, list, of, makes)
  }

  #callMeaning(meaning: Meaning, call: Call, list: readonly Node[], of: ModuleNames, makes: boolean): boolean {
    switch (meaning.kind) {
      case 'function':
        return this.#enter(meaning.node, meaning.of, call.type === 'NewExpression')
      case 'class':
        return call.type === 'NewExpression' && this.#instantiate(meaning.node, meaning.of)
      case 'imported':
        if (isPureFactory(meaning.from)) return isPureFactoryCall(meaning.path)
        if (!isBuiltinCall(meaning.from, meaning.path)) return false
        for (const argument of list)
          if (isFunction(unwrap(argument)) && !this.#enter(unwrap(argument), of)) return false
        return true
      case 'global': {
        if (meaning.path.join('.') === 'Object.assign') return !!list[0] && this.#isNew(list[0], of, makes)
        return isGlobalCall(meaning.path) && this.#callBack(meaning.path.at(-1) ?? '', list, of)
      }
      default:
        return false
    }
  }

  #callMethod(callee: ESTree.MemberExpression, list: readonly Node[], of: ModuleNames, makes: boolean): boolean {
    const name =
      callee.property.type === 'PrivateIdentifier' ? callee.property.name : propertyName(callee, callee.property)
    if (name === undefined) return false
    const object = unwrap(callee.object)
    this.add([object], of, makes)
    if (object.type === 'ThisExpression') return this.#callOwn(name, makes)
    const receiver = receiverOf(object, of)
    switch (receiver.kind) {
      case 'made':
        // a function here is called later, if at all
        return isPureFactoryCall([name])
      case 'class':
      case 'instance': {
        const own = receiver.of.methods(name)
        return own.length > 0 && own.every((method) => this.#enter(method, receiver.of))
      }
      case 'object':
        return false
    }
    if (changesItself(name)) return this.#isNew(object, of, makes) && this.#callBack(name, list, of)
    if (!isPureMethod(name, receiver.kind === 'builtin') || !this.#callBack(name, list, of)) return false
    // it may be one of the program's own
    return receiver.kind === 'builtin' || [...this.#modules].every((module) => module.methods(name).length === 0)
  }

  #callOwn(name: string, makes: boolean): boolean {
    const own = [...this.#modules].flatMap((module) => module.methods(name).map((method) => ({ module, method })))
    return own.length > 0 && own.every(({ module, method }) => this.#enter(method, module, makes))
  }

  /** Functions among the arguments that are called at once. */
  #callBack(name: string, list: readonly Node[], of: ModuleNames): boolean {
    return list.every((argument, place) => {
      const at = unwrap(argument)
      if (isFunction(at)) return this.#enter(at, of)
      if (!callsArgument(name, place)) return true
      if (at.type === 'Literal' || at.type === 'TemplateLiteral' || at.type === 'ArrayExpression') return true
      if (at.type !== 'Identifier' && at.type !== 'MemberExpression') return false
      const meaning = meaningOfPath(at, of)
      if (meaning?.kind === 'function') return this.#enter(meaning.node, meaning.of)
      if (meaning?.kind === 'global') return meaning.path[0] === 'undefined' || isGlobalCall(meaning.path)
      if (meaning?.kind === 'imported') return isPureFactory(meaning.from) || isBuiltinCall(meaning.from, meaning.path)
      return meaning?.kind === 'value' && /^(?:Literal|ArrayExpression|TemplateLiteral)$/.test(meaning.node.type)
    })
  }

  #instantiate(node: Node, of: ModuleNames): boolean {
    let at = { node, of }
    for (;;) {
      if (this.#entered.has(at.node) || this.#known.has(at.node)) return true
      this.#entered.add(at.node)
      this.add(instanceParts(at.node), at.of, true)
      const parent = 'superClass' in at.node ? at.node.superClass : null
      if (!parent) return true
      const meaning = meaningOfPath(parent, at.of)
      if (meaning?.kind === 'global') return isGlobalCall(meaning.path)
      if (meaning?.kind === 'imported') return isBuiltinCall(meaning.from, meaning.path)
      if (meaning?.kind !== 'class') return false
      at = { node: meaning.node, of: meaning.of }
    }
  }
}
