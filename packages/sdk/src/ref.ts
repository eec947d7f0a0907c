import { fail, firstPlace } from '@millrace/ir'
import { currentTrace, type Scope } from './scope.ts'

/** What a ref proxy stands for. */
export interface RefState {
  readonly node: string
  readonly path: readonly string[]
  /** The body that made it. */
  readonly scope: Scope
}

const slot: unique symbol = Symbol.for('millrace.refs') as never
const shared = globalThis as { [slot]?: WeakMap<object, RefState> }
shared[slot] ??= new WeakMap()
const states: WeakMap<object, RefState> = shared[slot]

export const refState = (value: unknown): RefState | undefined =>
  typeof value === 'function' ? states.get(value) : undefined

/** The name under which an author knows a ref: `train.accuracy`, `input.rows`, `item`. */
export const showRef = ({ node, path }: RefState): string => [node.replace(/^.*:/, ''), ...path].join('.')

const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** What `console.log` of a ref shows: nothing of ours. */
function shown(this: unknown): string {
  const state = refState(this)
  return `ref ${state ? showRef(state) : ''}`
}

interface Target {
  (): void
  [inspect]: typeof shown
  state: RefState
  fields: Map<string, unknown> | undefined
}

const listMethods = ['map', 'filter', 'forEach', 'flatMap', 'some', 'every', 'reduce', 'find', 'slice']

function refuse(target: Target, how: string, fix: string): never {
  const { state } = target
  const name = showRef(state)
  return fail({
    code: 'ref-as-value',
    severity: 'error',
    message: `"${name}" is a value to come: ${how}`,
    at: { pipeline: state.scope.names.pipeline, node: state.node.includes(':') ? null : state.node, ...here() },
    fix,
  })
}

const here = () => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 20
  const place = firstPlace(new Error().stack ?? '')
  Error.stackTraceLimit = limit
  return place
}

const handler: ProxyHandler<Target> = {
  get(target, key) {
    if (typeof key === 'string') {
      if (key === 'then')
        return refuse(target, 'it can not be awaited', 'Remove the await: build only wires stages, which run later.')
      if (key === 'toJSON')
        return refuse(target, 'it can not be put in JSON while building', 'Give it to a stage and make the JSON there.')
      target.fields ??= new Map()
      let field = target.fields.get(key)
      if (!field) {
        const { node, path, scope } = target.state
        field = makeRef(node, [...path, key], scope)
        target.fields.set(key, field)
      }
      return field
    }
    const name = showRef(target.state)
    if (key === Symbol.toPrimitive)
      return (hint: string) =>
        refuse(
          target,
          'it has no text or number while building',
          hint === 'number'
            ? `Compare it by is(${name}, '>=', …) in a when, or give it to a stage and compute with it there.`
            : `Give ${name} to a stage and compute with it there.`,
        )
    if (key === Symbol.iterator)
      return refuse(target, 'it can not be iterated while building', `Use map(${name}, (item) => …) instead.`)
    return undefined
  },
  ownKeys: (target) =>
    refuse(target, 'it can not be spread or listed while building', 'Name the fields that you need one by one.'),
  has: (target) =>
    refuse(
      target,
      'it can not be tested with "in" while building',
      "Use when(is(…, '!==', undefined), () => …) instead.",
    ),
  set: (target, key) =>
    refuse(target, `"${String(key)}" can not be assigned`, 'Return the changed value from a stage instead.'),
  deleteProperty: (target, key) =>
    refuse(target, `"${String(key)}" can not be deleted`, 'Return the changed value from a stage instead.'),
  apply(target) {
    const { path, node, scope } = target.state
    const method = path.at(-1) ?? ''
    const owner = showRef({ node, path: path.slice(0, -1), scope })
    return listMethods.includes(method)
      ? refuse(target, 'it is not a function', `Use map(${owner}, (item) => …) instead.`)
      : refuse(target, 'it is not a function', 'Call a stage with it instead.')
  },
}

export function makeRef(node: string, path: readonly string[], scope: Scope): unknown {
  const target = (() => {}) as unknown as Target
  target.state = { node, path, scope }
  target.fields = undefined
  target[inspect] = shown
  const proxy = new Proxy(target, handler)
  states.set(proxy, target.state)
  return proxy
}

/** Whether a ref may be used in the body that is being built. */
export function inScope(state: RefState): boolean {
  for (let at: Scope | undefined = currentTrace()?.scope; at; at = at.parent) if (at === state.scope) return true
  return false
}
