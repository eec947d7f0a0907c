import { pascal } from './python-text.ts'
import type { Shape } from './shape.ts'

/**
 * What the dicts among the options of a union are called after it: one alone nothing more; several by the text that tells
 * them apart, else by their number.
 */
export function variantNames(options: readonly Shape[]): readonly string[] {
  const dicts = options.filter((option) => option.kind === 'fields')
  if (dicts.length < 2) return options.map(() => '')
  const keys = dicts[0]?.fields.map(({ key }) => key) ?? []
  const tags = keys.map((key) => dicts.map((dict) => tagIn(dict, key)))
  const telling = tags.find((names) => !names.includes('') && new Set(names).size === names.length)
  const names = telling ?? dicts.map((_, i) => String(i + 1))
  return options.map((option) => names[(dicts as readonly Shape[]).indexOf(option)] ?? '')
}

function tagIn(dict: Shape & { readonly kind: 'fields' }, name: string): string {
  const shape = dict.fields.find(({ key }) => key === name)?.shape
  const [value, ...more] = shape?.kind === 'literal' ? shape.values : []
  return typeof value === 'string' && more.length === 0 ? pascal(value) : ''
}
