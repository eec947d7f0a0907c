/** Words that are no names. */
const keywords = new Set(
  `False None True and as assert async await break class continue def del elif else except finally for from global if
  import in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/),
)

/** A name as a class has it in its body; Python changes those that begin with `__`, and those that Unicode folds. */
export const isName = (text: string): boolean =>
  /^[_\p{XIDS}][\p{XIDC}]*$/u.test(text) && text.normalize('NFKC') === text && !keywords.has(text) && !/^__/.test(text)

/** A name for a class: `table-name` is `TableName`. */
export function pascal(text: string): string {
  const words = text.normalize('NFKC').match(/[\p{L}\p{Nd}]+/gu) ?? []
  return words.map((word) => word.replace(/^./u, (first) => first.toUpperCase())).join('')
}

/** A text in double quotes. */
export function quoted(text: string): string {
  const escaped = JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g, byNumber)
  // as ruff and black write it
  return !text.includes('"') || text.includes("'")
    ? escaped
    : `'${escaped.slice(1, -1).replaceAll(/\\(.)/g, (both, one) => (one === '"' ? one : both))}'`
}

/** What nobody would see, or would see elsewhere. */
const byNumber = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Lines of a text without what would end them elsewhere, or hide in them. */
const linesOf = (text: string): string[] =>
  text
    .trim()
    .split(/\r\n|[\r\n]/)
    .map((line) => line.replaceAll(/[^\P{C}\t]|[\u2028\u2029]/gu, ' ').trimEnd())

export const comment = (text: string): string[] => linesOf(text).map((line) => (line === '' ? '#' : `# ${line}`))

export function docstring(text: string): string[] {
  const escaped = linesOf(text).map((line) => line.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"'))
  if (escaped.length > 1) return [`"""${escaped[0]}`, ...escaped.slice(1), '"""']
  return [`"""${(escaped[0] ?? '').replace(/"$/, '\\"')}"""`]
}
