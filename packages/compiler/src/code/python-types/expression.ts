/** A type as Python writes it. */
export type Expression =
  /** `isLate`: what it names may be there only later than where it stands. */
  | { readonly text: string; readonly isLate?: boolean }
  | { readonly head: string; readonly parts: readonly Expression[] }

/** As ruff and black have it. */
const width = 88

/** In one line. @param isQuoted whether it is looked up at once: then names of what is there later are texts */
function oneLine(expression: Expression, isQuoted: boolean): string {
  if ('text' in expression) return isQuoted && expression.isLate ? `"${expression.text}"` : expression.text
  return `${expression.head}[${expression.parts.map((part) => oneLine(part, isQuoted)).join(', ')}]`
}

/**
 * In lines, as ruff and black break them.
 *
 * @param start what stands before it in its first line; the others are indented like it
 * @param form `end`: what stands after it in its last line
 */
export function lines(
  start: string,
  expression: Expression,
  { isQuoted, end = '' }: { readonly isQuoted: boolean; readonly end?: string },
): string[] {
  const line = `${start}${oneLine(expression, isQuoted)}${end}`
  if (line.length <= width || 'text' in expression) return [line]
  const { head, parts } = expression
  const indent = /^ */.exec(start)?.[0] ?? ''
  const inner = `${indent}    ${parts.map((part) => oneLine(part, isQuoted)).join(', ')}`
  const comma = parts.length > 1 ? ',' : ''
  const body =
    inner.length <= width ? [inner] : parts.flatMap((part) => lines(`${indent}    `, part, { isQuoted, end: comma }))
  return [`${start}${head}[`, ...body, `${indent}]${end}`]
}
