/** Values of variables that something on the way to a stage could take for something else. */
export const oddValues: Readonly<Record<string, string>> = {
  PRICE: 'US$$5',
  TEMPLATE: 'dir/$(HOME)/x',
  ESCAPED: '$$(HOME) $$$(HOME) $',
  NAMED: '$(MILLRACE_JOB) ${HOME} $HOME',
  OPEN: '$(HOME',
  LINES: 'a\nb\r\nc\t"d" \\ end ',
  LONG_LINES: `${'word '.repeat(40)}\n\n  ${'word '.repeat(40)}\n`,
  YES: 'yes',
  OCTAL: '0777',
  FLOAT: '1e3',
  EMPTY: '',
  SPACES: '  x  ',
  LETTERS: 'größe 😀 e\u0301 \u{10ffff}',
  DASHES: '---',
  NOTHING: 'null',
  CONTROLS: '\u0001\u0007\u001b[31m\u007f\u0080\u0085\u009b',
  BREAKS: '\u2028\u2029\u00a0\ufeff\ufffe\uffff',
  TURNED: '\u202eabc\u2066',
  QUOTED: `'"\`\\n#:{}[]&*!|>%@`,
  JSON_TEXT: '{"a":"$(b)"}',
  LARGE: 'x'.repeat(100_000),
  _underscore1: 'x',
}

/** What Kubernetes makes of a value (k8s.io/kubernetes/third_party/forked/golang/expansion). */
export function expanded(value: string, variables: ReadonlyMap<string, string> = new Map()): string {
  let out = ''
  for (let at = 0; at < value.length; at++) {
    const next = value[at + 1]
    if (value[at] !== '$' || next === undefined) out += value[at]
    else if (next === '(') {
      const end = value.indexOf(')', at + 2)
      const name = end < 0 ? '' : value.slice(at + 2, end)
      out += end < 0 ? '$(' : (variables.get(name) ?? `$(${name})`)
      at = end < 0 ? at + 1 : end
    } else {
      out += next === '$' ? '$' : `$${next}`
      at++
    }
  }
  return out
}
