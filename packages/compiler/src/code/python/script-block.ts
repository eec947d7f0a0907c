import { type TomlValue, tomlStrings } from './toml-strings.ts'

/** What a script says of its Python and packages (PEP 723): `# /// script` … `# ///`. */
export interface ScriptBlock {
  /** Its TOML. */
  readonly text: string
  /** Of its first line, from 1. */
  readonly line: number
  readonly requiresPython?: string
  readonly dependencies: readonly string[]
}

const block = /^# \/\/\/ script$\n((?:^#(?:| .*)$\n)+)^# \/\/\/$/gm

/** @param text lines end by `\n` */
export function scriptBlocks(text: string): ScriptBlock[] {
  if (!text.includes('# /// script')) return []
  return [...text.matchAll(block)].map(({ index, 1: lines = '' }) => {
    const toml = lines.replace(/^# ?/gm, '')
    const values = tomlStrings(toml)
    const requiresPython = values.get('requires-python')
    return {
      text: toml,
      line: text.slice(0, index).split('\n').length,
      ...(typeof requiresPython === 'string' ? { requiresPython } : {}),
      dependencies: listOf(values.get('dependencies')),
    }
  })
}

const listOf = (value: TomlValue | undefined): readonly string[] => (typeof value === 'object' ? value : [])
