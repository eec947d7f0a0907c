import { type Binding, lookup, type Scope } from './scopes.ts'
import { type Node, propertyName, unwrap } from './syntax.ts'

/** Packages that no digest counts by version: `millrace` counts by the contract number, zod by the schemas it makes. */
export const isOwnPackage = (name: string): boolean =>
  name === 'millrace' || name === 'zod' || name.startsWith('@millrace/')

const fromSdk = (binding: Binding | undefined): boolean =>
  binding?.from === 'millrace' || binding?.from === '@millrace/sdk'

/** What an expression names in the SDK: `stage` for `stage`, for `s` imported as `stage as s`, for `m.stage`. */
export function sdkName(expression: Node, scope: Scope): string | undefined {
  const at = unwrap(expression)
  if (at.type === 'Identifier') {
    const binding = lookup(scope, at.name)
    return binding && fromSdk(binding) ? importedName(binding.node) : undefined
  }
  if (at.type !== 'MemberExpression') return undefined
  const object = unwrap(at.object)
  if (object.type !== 'Identifier') return undefined
  const binding = lookup(scope, object.name)
  return fromSdk(binding) && binding?.node.type === 'ImportNamespaceSpecifier'
    ? propertyName(at, at.property)
    : undefined
}

/** The name that an import specifier has where it comes from; of a namespace none. */
export function importedName(specifier: Node): string | undefined {
  if (specifier.type === 'ImportDefaultSpecifier') return 'default'
  if (specifier.type !== 'ImportSpecifier') return undefined
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : String(specifier.imported.value)
}
