import { ModuleEffects } from '../effects/module-effects.ts'
import { analyse } from '../parse/scopes.ts'
import type { Tools } from '../toolchain/tools.ts'

/**
 * Printed code with its top-level statements sorted, where their order means nothing: modules come in the order in
 * which the whole program imports them, which an import for another stage changes. Other code stays as it is.
 *
 * @param keyOf what a statement is sorted by
 */
export function canonicalOrder(code: string, tools: Tools, keyOf: (statement: string) => string): string {
  const { program, errors } = tools.parseSync('printed.js', code, { lang: 'js', sourceType: 'module' })
  if (errors.length > 0 || !new ModuleEffects(analyse(program)).isPureBody(program.body)) return code
  return program.body
    .map(({ start, end }) => {
      const text = code.slice(start, end)
      return { text, key: keyOf(text) }
    })
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join('\n')
}
