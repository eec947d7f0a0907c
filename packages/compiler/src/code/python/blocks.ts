import type { Token } from './token.ts'

/** The body of a `try`. */
interface Try {
  /** One of its `except` takes what a failing import throws. */
  guards: boolean
}

/** What is true of all statements of a block. */
export interface Block {
  readonly typeChecking: boolean
  readonly tries: readonly Try[]
  /** The `try` whose `except` may come. */
  last?: Try
}

export const topBlock = (): Block => ({ typeChecking: false, tries: [] })

const guarding = new Set(['ImportError', 'ModuleNotFoundError', 'Exception', 'BaseException'])

/** The block that a statement opens, which may follow on its line; the same one where it opens none. */
export function openedBlock(tokens: readonly Token[], at: number, outer: Block): Block {
  const { typeChecking, tries } = outer
  const word = (index: number): string | undefined => tokens[index]?.text
  switch (word(at)) {
    case 'try':
      if (word(at + 1) !== ':') return outer
      outer.last = { guards: false }
      return { typeChecking, tries: [...tries, outer.last] }
    case 'except':
      if (outer.last && takesImportError(tokens, at + 1)) outer.last.guards = true
      return { typeChecking, tries }
    case 'if':
    case 'elif':
      return { typeChecking: typeChecking || asksTypeChecking(tokens, at + 1), tries }
    case 'async':
      return word(at + 1) === 'def' ? { typeChecking, tries: [] } : { typeChecking, tries }
    case 'def':
      return { typeChecking, tries: [] }
    case 'else':
    case 'finally':
    case 'for':
    case 'while':
    case 'with':
    case 'class':
      return { typeChecking, tries }
    default:
      return outer
  }
}

/** `if TYPE_CHECKING:`, `if typing.TYPE_CHECKING:`. */
function asksTypeChecking(tokens: readonly Token[], at: number): boolean {
  const last = tokens[at + 1]?.text === '.' ? at + 2 : at
  return tokens[last]?.text === 'TYPE_CHECKING' && tokens[last + 1]?.text === ':'
}

/** `except:`, `except (ImportError, OSError) as error:`. */
function takesImportError(tokens: readonly Token[], at: number): boolean {
  if (tokens[at]?.text === ':') return true
  for (let i = at; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as Token
    if (text === ':' || text === 'as' || kind === 'newline') return false
    if (guarding.has(text)) return true
  }
  return false
}
