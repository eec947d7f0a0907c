import { fail, firstPlace } from '@millrace/ir'
import { type Misuse, wording } from './misuse.ts'
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

function refuse({ state }: Target, use: Misuse): never {
  const { scope, node } = state
  const name = showRef(state)
  const { how, fix } = wording(use, name, scope.stage !== undefined)
  const at =
    scope.stage === undefined
      ? { pipeline: scope.names.pipeline, node: node.includes(':') ? null : node }
      : { pipeline: null, node: scope.stage }
  return fail({
    code: 'ref-as-value',
    severity: 'error',
    message: `"${name}" is a value to come: ${how}`,
    at: { ...at, ...here() },
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
      if (key === 'then') return refuse(target, { is: 'awaited' })
      if (key === 'toJSON') return refuse(target, { is: 'json' })
      target.fields ??= new Map()
      let field = target.fields.get(key)
      if (!field) {
        const { node, path, scope } = target.state
        field = makeRef(node, [...path, key], scope)
        target.fields.set(key, field)
      }
      return field
    }
    if (key === Symbol.toPrimitive)
      return (hint: string) => refuse(target, { is: hint === 'number' ? 'number' : 'text' })
    if (key === Symbol.iterator) return refuse(target, { is: 'iterated' })
    return undefined
  },
  ownKeys: (target) => refuse(target, { is: 'listed' }),
  has: (target) => refuse(target, { is: 'searched' }),
  set: (target, key) => refuse(target, { is: 'assigned', key: String(key) }),
  deleteProperty: (target, key) => refuse(target, { is: 'deleted', key: String(key) }),
  apply(target) {
    const { path, node, scope } = target.state
    return refuse(target, {
      is: 'called',
      method: path.at(-1) ?? '',
      owner: showRef({ node, path: path.slice(0, -1), scope }),
    })
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
