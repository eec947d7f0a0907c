import { isObject, showPath } from '../json.ts'

type Path = readonly (string | number)[]

/**
 * What is wrong about a value that somebody else wrote, in one line; undefined where nothing is. It ends at the first
 * problem: a list of a million that are all wrong must not become a million problems.
 */
export type Shape = (value: unknown, path?: Path) => string | undefined

export const wrong = (path: Path, what: string): string => `${path.length === 0 ? 'it' : showPath(path)} ${what}`

export const is =
  (fits: (value: unknown) => boolean, what: string): Shape =>
  (value, path = []) =>
    fits(value) ? undefined : wrong(path, `is not ${what}`)

/** @param most characters */
export const text = (most: number): Shape =>
  is((value) => typeof value === 'string' && value.length <= most, `a text of up to ${most} characters`)

export const matching = (pattern: RegExp, what: string): Shape =>
  is((value) => typeof value === 'string' && pattern.test(value), what)

export const flag: Shape = is((value) => typeof value === 'boolean', 'true or false')
export const count: Shape = is((value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a count')
export const whole: Shape = is(Number.isSafeInteger, 'a whole number')
export const finite: Shape = is(Number.isFinite, 'a finite number')
/** Of what is looked at elsewhere. */
export const present: Shape = is((value) => value !== undefined, 'there')

export const oneOf = (values: readonly unknown[], what: string): Shape => is((value) => values.includes(value), what)

export const maybe =
  (shape: Shape): Shape =>
  (value, path) =>
    value === undefined ? undefined : shape(value, path)

export const orNull =
  (shape: Shape): Shape =>
  (value, path) =>
    value === null ? undefined : shape(value, path)

export const listOf =
  (item: Shape, most: number): Shape =>
  (value, path = []) => {
    if (!Array.isArray(value)) return wrong(path, 'is not a list')
    if (value.length > most) return wrong(path, `holds more than ${most}`)
    for (const [i, one] of value.entries()) {
      const problem = item(one, [...path, i])
      if (problem !== undefined) return problem
    }
    return undefined
  }

/** @param open whether there may be fields that nobody knows here */
export const object =
  (fields: { readonly [name: string]: Shape }, { open = false } = {}): Shape =>
  (value, path = []) => {
    if (!isObject(value)) return wrong(path, 'is not an object')
    if (!open)
      for (const name of Object.keys(value))
        if (!Object.hasOwn(fields, name)) return wrong(path, `has the unknown field ${shown(name)}`)
    for (const [name, shape] of Object.entries(fields)) {
      const problem = shape(Object.hasOwn(value, name) ? value[name] : undefined, [...path, name])
      if (problem !== undefined) return problem
    }
    return undefined
  }

const shown = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)
