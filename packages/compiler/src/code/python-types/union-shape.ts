import { plain, type Shape } from './shape.ts'

/** One of several shapes: each once, literals together, None last. Without any, there is nothing to say. */
export function unionOf(options: readonly Shape[]): Shape {
  const flat = options.flatMap((option) => (option.kind === 'union' ? option.options : [option]))
  const is = (name: string) => flat.some((option) => option.kind === 'plain' && option.name === name)
  if (is('Any')) return plain('Any')
  const values = flat.flatMap((option) => (option.kind === 'literal' ? option.values : []))
  // what any text is, a literal text is too
  const left = [...new Set(values)].filter((value) => !is(kindOf(value)))
  const found = new Map<string, Shape>()
  for (const option of flat) {
    const shape: Shape = option.kind === 'literal' ? { kind: 'literal', values: left } : option
    if (shape.kind !== 'literal' || left.length > 0) found.set(JSON.stringify(shape), shape)
  }
  const all = [...found.values()]
  const none = all.filter((shape) => shape.kind === 'plain' && shape.name === 'None')
  const [first = plain('Any'), ...more] = [...all.filter((shape) => !none.includes(shape)), ...none]
  return more.length === 0 ? first : { kind: 'union', options: [first, ...more] }
}

const kindOf = (value: string | number | boolean): string =>
  typeof value === 'string' ? 'str' : typeof value === 'boolean' ? 'bool' : 'int'
