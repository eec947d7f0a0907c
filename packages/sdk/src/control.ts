import {
  type Binding,
  capture,
  type DiagnosticLocation,
  fail,
  type Node,
  type Operator,
  type SourceLocation,
} from '@millrace/ir'
import { bind } from './bind.ts'
import type { Item, Ref, Resolved, Scalar, Sync, Value } from './infer.ts'
import { buildBody } from './pipeline.ts'
import { makeRef, refState } from './ref.ts'
import { atHere, currentTrace, nextId, type Trace } from './scope.ts'

/** How a `map` runs. */
export interface MapOptions {
  /** Items at once. Default no limit. */
  readonly concurrency?: number | undefined
  /** With `'allow'` a failed item is `null` and fails nothing. Default: it fails the map, once all items ended. */
  readonly failures?: undefined
}
/** A map whose items may fail. */
type AllowFailures = Omit<MapOptions, 'failures'> & { readonly failures: 'allow' }

/**
 * Calls `body` once, on a ref to an item: the run calls what it wires for each item of the list. Maps nest.
 *
 * @param list a ref to a list, or an array
 * @param body given refs to the item and to its index, from 0; what it returns stands in the result for each item
 * @param options how many items at once, and what a failed one does
 * @throws DiagnosticError when called outside of a build
 */
export function map<const L extends readonly unknown[], R>(
  list: L,
  body: (item: Ref<Item<Resolved<L[number]>>>, index: Ref<number>) => R & Sync<R>,
  options: AllowFailures,
): Ref<(Item<Resolved<R>> | null)[]>
export function map<const L extends readonly unknown[], R>(
  list: L,
  body: (item: Ref<Item<Resolved<L[number]>>>, index: Ref<number>) => R & Sync<R>,
  options?: MapOptions,
): Ref<Item<Resolved<R>>[]>
export function map<T, R>(
  list: Value<readonly T[]>,
  body: (item: Ref<T>, index: Ref<number>) => R & Sync<R>,
  options: AllowFailures,
): Ref<(Item<Resolved<R>> | null)[]>
export function map<T, R>(
  list: Value<readonly T[]>,
  body: (item: Ref<T>, index: Ref<number>) => R & Sync<R>,
  options?: MapOptions,
): Ref<Item<Resolved<R>>[]>
export function map(
  list: unknown,
  body: (item: never, index: never) => unknown,
  options: { readonly concurrency?: number | undefined; readonly failures?: string | undefined } = {},
): unknown {
  const place = capture(map)
  const trace = traceHere('map', place)
  const { scope } = trace
  const id = nextId(scope, 'map')
  const at = (): DiagnosticLocation => atHere(trace, id, place())
  trace.places.set(id, place)
  const { concurrency, failures } = options
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1))
    badOption(trace, at, `concurrency is ${String(concurrency)}`, 'Give a whole number from 1, or leave it out.')
  if (failures !== undefined && failures !== 'allow')
    badOption(trace, at, `failures is ${JSON.stringify(failures)}`, "Give 'allow', or leave it out.")
  const bound = bind(trace, list, at)
  if (!bound || !('ref' in bound || 'items' in bound || ('value' in bound && Array.isArray(bound.value))))
    badOption(trace, at, 'what it maps over is not a list', 'Give a ref to a list, or an array.')
  const inner = buildBody(
    trace,
    (s) => body(makeRef(`${id}:item`, [], s) as never, makeRef(`${id}:index`, [], s) as never),
    at,
  )
  scope.nodes.push({
    kind: 'map',
    id,
    list: bound ?? { value: [] },
    body: inner,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(failures === 'allow' ? { failures } : {}),
  })
  return makeRef(id, [], scope)
}

declare const condition: unique symbol
/** What `is` gives and `when` takes. */
export interface Condition {
  readonly [condition]: true
}
interface Comparison {
  readonly left: unknown
  readonly operator: Operator
  readonly right: unknown
}
const comparisons = new WeakMap<object, Comparison>()

/**
 * Compares a value to come with a literal or another value to come.
 *
 * @param left a ref
 * @param operator `<` and its kin compare numbers
 * @param right a literal or a ref
 */
export function is(left: Value<number>, operator: '<' | '<=' | '>' | '>=', right: number | Value<number>): Condition
export function is<T extends Scalar>(
  left: Value<T>,
  operator: '===' | '!==',
  right: NoInfer<T> | Value<NoInfer<T>>,
): Condition
export function is(left: unknown, operator: Operator, right: unknown): Condition {
  const out = Object.freeze({}) as Condition
  comparisons.set(out, { left, operator, right })
  return out
}

const operators: readonly string[] = ['===', '!==', '<', '<=', '>', '>=']

/**
 * Runs what `then` wires only if the condition holds; else what `otherwise` wires, or nothing (the result is absent).
 *
 * @param condition a ref to a boolean, or `is(…)`
 * @param then what it returns is the result
 * @throws DiagnosticError when called outside of a build
 */
export function when<R>(condition: Value<boolean> | Condition, then: () => R & Sync<R>): Ref<Resolved<R> | undefined>
/**
 * The same with an else.
 *
 * @param condition a ref to a boolean, or `is(…)`
 * @param then what it returns is the result
 * @param otherwise what it returns is the result where the condition does not hold
 * @throws DiagnosticError when called outside of a build
 */
export function when<R, E>(
  condition: Value<boolean> | Condition,
  then: () => R & Sync<R>,
  otherwise: () => E & Sync<E>,
): Ref<Resolved<R> | Resolved<E>>
export function when(given: object, then: () => unknown, otherwise?: () => unknown): unknown {
  const place = capture(when)
  const trace = traceHere('when', place)
  const { scope } = trace
  const id = nextId(scope, 'when')
  const at = (): DiagnosticLocation => atHere(trace, id, place())
  trace.places.set(id, place)
  const node: Node = {
    kind: 'when',
    id,
    condition: readCondition(trace, given, at),
    then: buildBody(trace, then, at),
    ...(otherwise ? { else: buildBody(trace, otherwise, at) } : {}),
  }
  scope.nodes.push(node)
  return makeRef(id, [], scope)
}

function readCondition(trace: Trace, given: object, at: () => DiagnosticLocation) {
  const comparison = refState(given) ? { left: given, operator: '===' as const, right: true } : comparisons.get(given)
  if (!comparison || !operators.includes(comparison.operator)) {
    badOption(trace, at, 'its condition is neither a ref to a boolean nor is(…)', "Give a ref, or is(ref, '>=', 0.9).")
    return { left: { value: true } as Binding, operator: '===' as const, right: { value: true } as Binding }
  }
  const left = bind(trace, comparison.left, at)
  const right = bind(trace, comparison.right, at)
  if (!refState(comparison.left))
    badOption(trace, at, 'the left side of is(…) is not a ref', 'Put the ref first: is(ref, operator, literal).')
  return { left: left ?? { value: null }, operator: comparison.operator, ...(right ? { right } : {}) }
}

function traceHere(what: 'map' | 'when', place: () => SourceLocation): Trace {
  const trace = currentTrace()
  if (trace) return trace
  return fail({
    code: 'call-outside-build',
    severity: 'error',
    message: `${what} was called outside a pipeline's build`,
    at: { pipeline: null, node: null, ...place() },
    fix: `Call ${what} inside the build of a pipeline.`,
  })
}

const badOption = (trace: Trace, at: () => DiagnosticLocation, message: string, fix: string) =>
  trace.problems.push({ code: 'bad-option', severity: 'error', message: `"${at().node}": ${message}`, at: at(), fix })
