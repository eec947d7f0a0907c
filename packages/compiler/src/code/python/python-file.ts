import { isUtf8 } from 'node:buffer'
import { type Digest, digestBytes } from '@millrace/ir'
import { type CodingLine, codingLine, keepsAscii } from './coding-line.ts'
import { importsOf } from './imports.ts'
import { lex, withoutMarks } from './lexer.ts'
import type { PythonImport } from './python-import.ts'
import { type ScriptBlock, scriptBlocks } from './script-block.ts'
import { type StageFunction, stageFunctions } from './stage-functions.ts'
import type { Lexed, Token, Unsure } from './token.ts'

/** What one Python file says. */
export interface PythonFile {
  /** Of what Python sees of it: comments and blank lines change nothing. */
  readonly digest: Digest
  readonly imports: readonly PythonImport[]
  readonly stages: readonly StageFunction[]
  readonly blocks: readonly ScriptBlock[]
  /** The strings of its `__all__`. */
  readonly exported: readonly string[]
  /** It may say itself where its submodules are. */
  readonly setsPath: boolean
  /** Where it stops to be Python that we know: then all its text counts, and what is said of it goes up to there. */
  readonly unsure?: Unsure
  /** The line that Python can't decode. */
  readonly undecoded?: number
}

export function readPython(bytes: Buffer): PythonFile {
  const utf8 = isUtf8(bytes)
  let text = withoutMarks(bytes.toString('utf8'))
  const coding = codingLine(text)
  const decodes = utf8 || (coding !== undefined && keepsAscii(coding.encoding) && !/utf|ascii/.test(coding.encoding))
  if (decodes && !utf8) text = withoutMarks(bytes.toString('latin1'))
  const lexed = decodes ? lexIn(text, coding) : lex(text)
  const { tokens, unsure } = lexed
  const imports = importsOf(tokens)
  const blocks = scriptBlocks(text)
  return {
    digest: decodes ? digestOf(text, lexed, coding, blocks) : digestBytes(bytes),
    imports,
    stages: stageFunctions(tokens, imports),
    blocks,
    exported: exportedNames(tokens),
    setsPath: text.includes('__path__'),
    ...(unsure && { unsure }),
    ...(decodes ? {} : { undecoded: text.slice(0, text.indexOf('\uFFFD')).split('\n').length }),
  }
}

function lexIn(text: string, coding: CodingLine | undefined): Lexed {
  if (coding === undefined || keepsAscii(coding.encoding)) return lex(text)
  return { ...lex(text), unsure: { line: 1, message: `the encoding ${coding.encoding}` } }
}

function digestOf(
  text: string,
  { tokens, unsure }: Lexed,
  coding: CodingLine | undefined,
  blocks: readonly ScriptBlock[],
): Digest {
  let all = ''
  const add = (kind: string, of: string): void => {
    all += `${kind}${of.length}:${of}\n`
  }
  if (coding) add('coding', coding.text)
  for (const block of blocks) add('block', block.text)
  if (unsure) add('text', text)
  else for (const token of tokens) add(token.kind, token.text)
  return digestBytes(all)
}

/** What follows `__all__` on its line. */
function exportedNames(tokens: readonly Token[]): string[] {
  const out: string[] = []
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i]?.text !== '__all__') continue
    for (; i < tokens.length && tokens[i]?.kind !== 'newline'; i++) {
      const name = /^(['"])(\w+)\1$/.exec(tokens[i]?.text ?? '')?.[2]
      if (name !== undefined) out.push(name)
    }
  }
  return out
}
