import {
  alternatives,
  type Binding,
  eachBody,
  eachRead,
  eachRef,
  fieldNames,
  fieldOf,
  fieldSchemas,
  type Graph,
  hint,
  isList,
  isObject,
  itemSchemas,
  type Node,
  type Ref,
  type Schema,
  showPath,
} from '@millrace/ir'
import type { PassContext } from '../context.ts'
import { Ports } from '../value-shapes.ts'
import { wrongAsset } from './relative-assets.ts'

type Path = readonly (string | number)[]

/** Each call gets the fields it needs, from refs that lead somewhere and are there when it runs. */
export function checkPorts(graph: Graph, context: PassContext): Graph {
  const ports = new Ports(graph)
  const whens = new Set<string>()
  eachBody(graph.body, {
    enter(node) {
      checkNode(node)
      ports.enter(node)
      if (node.kind === 'when') whens.add(node.id)
    },
    end({ result }) {
      if (result) checkRefs(result, null)
    },
    leave: (node) => ports.leave(node),
  })
  return graph

  function checkNode(node: Node): void {
    if (node.kind === 'when') return eachRead(node, (ref) => checkRef(ref, node.id))
    if (node.kind === 'map') {
      if (!checkRefs(node.list, node.id)) return
      const port = ports.of(node.list)
      if ('ref' in node.list && port && isList(port) === false) notList(node.id, showRef(node.list))
      else if (port?.absent) maybeAbsent(node.list, node.id, [], 'the list')
      return
    }
    if (!checkRefs(node.args, node.id)) return
    const schema = node.kind === 'stage' ? (graph.stages[node.stage] as { input: Schema }).input : node.input
    checkInto(node.args, schema, schema, [], node.id)
  }

  /** Whether all refs of a binding lead somewhere. */
  function checkRefs(binding: Binding, node: string | null): boolean {
    const refs: Ref[] = []
    eachRef(binding, (ref) => refs.push(ref))
    // each once, in the order in which they are written
    return refs
      .reverse()
      .map((ref) => checkRef(ref, node))
      .every(Boolean)
  }

  function checkRef(ref: Ref, node: string | null): boolean {
    for (let length = 1; length <= ref.path.length; length++) {
      if (ports.of({ ref: ref.ref, path: ref.path.slice(0, length) })) continue
      const owner = showRef({ ref: ref.ref, path: ref.path.slice(0, length - 1) })
      const key = ref.path[length - 1] as string
      const port = ports.of({ ref: ref.ref, path: ref.path.slice(0, length - 1) })
      const known = fieldNames(port)
      const ofList = /^(length|\d+)$/.test(key) && port !== undefined && isList(port) === true
      context.diagnostics.push({
        code: 'unknown-output',
        severity: 'error',
        message: `"${owner}" has no field "${key}"${hint(key, known)}${ofList ? ': the list is still to come' : ''}`,
        // without a node (the result of a body), the place where the ref's node is called
        at: { ...context.at(node ?? ref.ref.replace(/:(item|index|input)$/, '')), node },
        fix: ofList
          ? `Use map(${owner}, (item) => …), or give "${owner}" to a stage and take "${key}" there.`
          : known.length > 0
            ? `Use one of: ${known.join(', ')}.`
            : `Use "${owner}" itself; it has no fields.`,
      })
      return false
    }
    return true
  }

  function checkInto(binding: Binding, schema: Schema, root: Schema, path: Path, node: string): void {
    const options = alternatives(schema, root)
    if ('asset' in binding) {
      const at = showPath(path)
      wrongAsset(context, binding.asset, options, { node, what: `"${at}" of "${node}"`, path: at })
    } else if ('fields' in binding) {
      const objects = options.filter((option) => option.type === 'object' && option.properties)
      const only = objects.length === 1 && options.every((option) => option.type === 'object' || option.type === 'null')
      if (only) checkNames(binding.fields, objects[0] as Schema, path, node)
      for (const [key, field] of Object.entries(binding.fields)) {
        const targets = objects.flatMap((option) => fieldSchemas(option, key).map((target) => ({ option, target })))
        const required = targets.length > 0 && targets.every(({ option, target }) => isRequired(option, key, target))
        const at = [...path, key]
        if (required && ports.of(field)?.absent) maybeAbsent(field, node, at, `"${showPath(at)}"`)
        for (const { target } of targets) if (targets.length === 1) checkInto(field, target, root, at, node)
      }
    } else if ('items' in binding) {
      binding.items.forEach((item, i) => {
        const at = [...path, i]
        if (ports.of(item)?.absent) maybeAbsent(item, node, at, `"${showPath(at)}"`)
        const targets = options.flatMap((option) => itemSchemas(option, i))
        if (targets.length === 1) checkInto(item, targets[0] as Schema, root, at, node)
      })
    } else if (path.length === 0) checkWhole(binding, options, node)
  }

  /** A ref to a whole object is given as the input. */
  function checkWhole(binding: Binding, options: readonly Schema[], node: string): void {
    const port = ports.of(binding)
    const properties = options[0]?.properties
    if (!port || port.kind === 'open' || !isObject(properties)) return
    for (const [key, target] of Object.entries(properties)) {
      if (!isRequired(options[0] as Schema, key, target as Schema)) continue
      const field = fieldOf(port, key)
      if (!field) missing(key, [key], node)
      else if (field.absent) maybeAbsent(binding, node, [key], `"${key}"`)
    }
  }

  function checkNames(fields: { readonly [key: string]: Binding }, schema: Schema, path: Path, node: string): void {
    const properties = schema.properties as { readonly [key: string]: Schema }
    const known = Object.keys(properties)
    for (const key of Object.keys(fields)) {
      if (fieldSchemas(schema, key).length > 0 || path.length > 0) continue
      context.diagnostics.push({
        code: 'unknown-field',
        severity: 'error',
        message: `"${node}" has no input "${key}"${hint(key, known)}`,
        at: context.at(node, key),
        fix: known.length > 0 ? `Use one of: ${known.join(', ')}.` : 'Leave it out: the call takes no input.',
      })
    }
    for (const key of known)
      if (!Object.hasOwn(fields, key) && isRequired(schema, key, properties[key] as Schema))
        missing(key, [...path, key], node)
  }

  function notList(node: string, what: string): void {
    context.diagnostics.push({
      code: 'bad-option',
      severity: 'error',
      message: `"${node}": "${what}", which it maps over, is not a list`,
      at: context.at(node),
      fix: 'Give a ref to a list, or an array.',
    })
  }

  function missing(_key: string, path: Path, node: string): void {
    context.diagnostics.push({
      code: 'missing-field',
      severity: 'error',
      message: `"${node}" is called without its input "${showPath(path)}"`,
      at: context.at(node, showPath(path)),
      fix: `Give "${showPath(path)}", or give it a default or .optional() in the schema.`,
    })
  }

  function maybeAbsent(binding: Binding, node: string, path: Path, what: string): void {
    let source = 'a value'
    let made = false
    eachRef(binding, (ref) => {
      if (!ports.of(ref)?.absent) return
      source = `"${showRef(ref)}"`
      made = whens.has(ref.ref)
    })
    context.diagnostics.push({
      code: 'maybe-absent',
      severity: 'error',
      message: `${what} of "${node}" needs a value, and ${source} may be absent`,
      at: context.at(node, showPath(path)),
      fix: made
        ? `Put "${node}" inside the when that makes the value, or give that when an else.`
        : `Give ${source} a value in each case: a default, or an else where a when makes it${path.length > 0 ? `; or make ${what} optional` : ''}.`,
    })
  }
}

const isRequired = (schema: Schema, key: string, target: Schema): boolean =>
  ((schema.required as string[] | undefined) ?? []).includes(key) && !('default' in target)

const showRef = (ref: Ref): string => [ref.ref.replace(/^.*:/, ''), ...ref.path].join('.')
