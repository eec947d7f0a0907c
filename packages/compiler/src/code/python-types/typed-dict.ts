import { type Expression, lines } from './expression.ts'
import { comment, docstring, isName, quoted } from './python-text.ts'

/** A dict whose keys are known, with its types. */
export interface TypedDict {
  readonly name: string
  readonly fields: readonly TypedField[]
  readonly description?: string
  /** It may hold more keys. */
  readonly isOpen: boolean
}

interface TypedField {
  readonly key: string
  readonly type: Expression
  readonly isRequired: boolean
  /** What stands above it. */
  readonly comments: readonly string[]
}

/**
 * Writes a TypedDict as Python 3.9 takes it: fields that may be missing stand in a class of their own, as NotRequired is
 * of 3.11.
 *
 * @param isType whether a name is that of a type, which a field of that name would hide in the body of a class
 */
export function printTypedDict(dict: TypedDict, isType: (name: string) => boolean): string[] {
  const { name, fields } = dict
  const required = fields.filter((field) => field.isRequired)
  const optional = fields.filter((field) => !field.isRequired)
  const isMixed = required.length > 0 && optional.length > 0
  const base = { name: `_${name}Required`, fields: required, isOpen: false }
  const isPartial = optional.length > 0
  if (fields.every(({ key }) => isName(key) && !isType(key))) {
    if (!isMixed) return [classOf(dict, 'TypedDict', isPartial)]
    return [classOf(base, 'TypedDict', false), classOf({ ...dict, fields: optional }, base.name, true)]
  }
  if (!isMixed) return [call(dict, isPartial)]
  const more = { name: `_${name}Optional`, fields: optional, isOpen: false }
  return [call(base, false), call(more, true), classOf({ ...dict, fields: [] }, `${base.name}, ${more.name}`, false)]
}

const more = '# it may hold more keys'

const indented = (by: number, text: readonly string[]): string[] =>
  text.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`))

function classOf({ name, fields, description, isOpen }: TypedDict, bases: string, isPartial: boolean): string {
  const about = description === undefined ? [] : docstring(description)
  const body = [
    ...indented(4, isOpen ? [more] : []),
    ...fields.flatMap(({ key, type, comments }) => [
      ...indented(4, comments),
      ...lines(`    ${key}: `, type, { isQuoted: false }),
    ]),
  ]
  return [
    `class ${name}(${bases}${isPartial ? ', total=False' : ''}):`,
    ...indented(4, about),
    ...(about.length > 0 && body.length > 0 ? [''] : []),
    ...body,
    ...(about.length === 0 && fields.length === 0 ? ['    pass'] : []),
  ].join('\n')
}

function call({ name, fields, description, isOpen }: TypedDict, isPartial: boolean): string {
  const entries = fields.flatMap(({ key, type, comments }) => [
    ...indented(8, comments),
    ...lines(`        ${quoted(key)}: `, type, { isQuoted: true, end: ',' }),
  ])
  return [
    ...(description === undefined ? [] : comment(description)),
    ...(isOpen ? [more] : []),
    `${name} = TypedDict(`,
    `    "${name}",`,
    '    {',
    ...entries,
    '    },',
    ...(isPartial ? ['    total=False,'] : []),
    ')',
  ].join('\n')
}
