/** Far more than values, plans and journals nest. Deeper text is refused: to walk it would overflow the stack. */
const deepest = 1000

/**
 * The value of a JSON text that anybody may have written.
 *
 * @throws SyntaxError when it is none, or nests more than 1000 levels deep
 */
export function parseJson(text: string): unknown {
  if (text.length > 2 * deepest && isDeep(text)) throw new SyntaxError(`nested more than ${deepest} levels deep`)
  return JSON.parse(text)
}

const [quote, backslash, list, object, listEnd, objectEnd] = [...'"\\[{]}'].map((at) => at.charCodeAt(0))

/** By its brackets, before a value is made of it: millions of lists in lists take more memory than there is. */
function isDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const at = text.charCodeAt(i)
    if (inString) {
      if (at === backslash) i++
      else if (at === quote) inString = false
    } else if (at === quote) inString = true
    else if (at === list || at === object) {
      if (++depth > deepest) return true
    } else if (at === listEnd || at === objectEnd) depth--
  }
  return false
}
