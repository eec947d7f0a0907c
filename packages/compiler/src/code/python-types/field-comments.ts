import { comment } from './python-text.ts'
import type { Field, Shape } from './shape.ts'

/** What stands above a field: what the author says of it, and which item of a list is what. */
export function fieldComments({ shape, description }: Field): string[] {
  const said = description === undefined ? [] : comment(description)
  if (shape.kind !== 'list' || !shape.first) return said
  return [...said, `# [${[...shape.first.map(inWords), ...(shape.rest ? ['...'] : [])].join(', ')}]`]
}

function inWords(shape: Shape): string {
  switch (shape.kind) {
    case 'plain':
      return shape.name
    case 'literal':
      return shape.values.map((value) => JSON.stringify(value)).join(' or ')
    case 'union':
      return shape.options.map(inWords).join(' or ')
    case 'list':
      return 'list'
    default:
      return 'dict'
  }
}
