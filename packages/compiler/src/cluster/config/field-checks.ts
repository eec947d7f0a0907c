import { bytesOf, hint, isObject } from '@millrace/ir'

/** Told what is wrong with a value, where it stands, and what to write. */
export type Wrong = (path: string, message: string, fix: string) => void
export type Check = (value: unknown, path: string, wrong: Wrong) => void

export function show(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // what JSON can't carry
  }
  text ??= String(value)
  return text.length > 100 ? `${text.slice(0, 97)}…` : text
}

/** A field that is ours to set. */
export const hidden: Check = () => {}

/** A value for which `ok` holds. */
export const field =
  (ok: (value: unknown) => boolean, fix: string): Check =>
  (value, path, wrong) => {
    if (!ok(value)) wrong(path, `${path} is ${show(value)}`, fix)
  }

export const text = (pattern: RegExp, most: number, fix: string): Check =>
  field((value) => typeof value === 'string' && value.length <= most && pattern.test(value), fix)

export const whole = (least: number): Check =>
  field((value) => Number.isSafeInteger(value) && (value as number) >= least, `Give a whole number from ${least}.`)

export const oneOf = (...values: readonly string[]): Check =>
  field((value) => values.includes(value as string), `Give one of: ${values.join(', ')}.`)

export const quantity: Check = field(
  (value) => typeof value === 'string' && (bytesOf(value) ?? 0) > 0,
  'Give a number above 0 and a unit (Ki, Mi, Gi, Ti), for example "512Gi".',
)

export const yesOrNo: Check = field((value) => typeof value === 'boolean', 'Give true or false.')

/** An object with these fields only. */
export const object =
  (example: string, fields: { readonly [name: string]: Check }, required: readonly string[] = []): Check =>
  (value, path, wrong) => {
    if (!isObject(value)) {
      wrong(path, `${path} is ${show(value)}`, `Give an object, for example ${example}.`)
      return
    }
    const names = Object.keys(fields).filter((name) => fields[name] !== hidden)
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue
      const inner = path === '' ? name : `${path}.${name}`
      if (Object.hasOwn(fields, name)) fields[name]?.(item, inner, wrong)
      else
        wrong(
          inner,
          `there is no field "${name}"${path === '' ? '' : ` in ${path}`}${hint(name, names)}`,
          `Use one of: ${names.join(', ')}.`,
        )
    }
    for (const name of required)
      if (value[name] === undefined)
        wrong(path, `${path === '' ? '' : `${path}.`}${name} is missing`, `Give it, for example ${example}.`)
  }

export const list =
  (example: string, item: Check): Check =>
  (value, path, wrong) => {
    if (!Array.isArray(value) || value.length === 0)
      wrong(path, `${path} is ${show(value)}`, `Give a list of at least one, for example ${example}, or leave it out.`)
    else for (const [i, one] of value.entries()) item(one, `${path}[${i}]`, wrong)
  }

/** An object by names of the author's. */
export const record =
  (example: string, item: Check, name?: { readonly ok: (name: string) => boolean; readonly fix: string }): Check =>
  (value, path, wrong) => {
    if (!isObject(value)) {
      wrong(path, `${path} is ${show(value)}`, `Give an object, for example ${example}.`)
      return
    }
    for (const [key, one] of Object.entries(value)) {
      if (name && !name.ok(key)) wrong(`${path}.${key}`, `${path} has the name "${key}"`, name.fix)
      else if (one !== undefined) item(one, `${path}.${key}`, wrong)
    }
  }
