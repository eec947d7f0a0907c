/** The comment that names a file's encoding (PEP 263). */
export interface CodingLine {
  readonly text: string
  /** Such as `utf-8`, in lower case, with `-`. */
  readonly encoding: string
}

/** In the first line, or in the second below a comment or nothing. */
export function codingLine(text: string): CodingLine | undefined {
  const [first = '', second = ''] = text.slice(0, 2000).split('\n', 2)
  return ofLine(first) ?? (/^[ \t\f]*(?:#|$)/.test(first) ? ofLine(second) : undefined)
}

function ofLine(line: string): CodingLine | undefined {
  const encoding = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/.exec(line)?.[1]
  return encoding === undefined
    ? undefined
    : { text: line.trim(), encoding: encoding.toLowerCase().replaceAll('_', '-') }
}

/** Whether ASCII characters are themselves there, and never part of another. */
export const keepsAscii = (encoding: string): boolean =>
  /^(?:utf-?8(?:-.*)?|(?:us-)?ascii|l(?:atin-?)?\d+|iso-?8859.*|(?:cp|windows-?)125\d|koi8.*|euc.*)$/.test(encoding)
