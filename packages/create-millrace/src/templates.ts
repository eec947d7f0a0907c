import { hint } from '@millrace/ir'
import { CreateError } from './create-error.ts'

/** The folders of `templates/`; the first is the default. */
export const templates = [
  { name: 'hello', what: 'two small stages that count words' },
  { name: 'digits', what: 'trains, chooses, validates and publishes a classifier of digits' },
] as const

/** @throws CreateError `usage` for a name that no template has */
export function templateNamed(name: string): string {
  const names = templates.map((template) => template.name)
  if (names.some((known) => known === name)) return name
  throw new CreateError('usage', `there is no template "${name}"${hint(name, names)}`, `Choose ${names.join(' or ')}.`)
}
