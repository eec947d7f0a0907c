import type { PackageModules } from './package-module.ts'
import type { PackageResolver } from './package-resolver.ts'

/**
 * The code that loads a module of a package where a bundle imports it: a plain import would come before all that is
 * bundled.
 *
 * @param required the text by which `require` finds it
 * @param imported the text by which `import` finds it
 */
export function standIn(
  file: string,
  { modules, resolver }: { readonly modules: PackageModules; readonly resolver: PackageResolver },
  required: string,
  imported: string,
): string {
  if (modules.at(file)?.format !== 'module') return `module.exports = require(${JSON.stringify(required)})`
  const exports = exportsOf(file, modules, resolver)
  const url = JSON.stringify(imported)
  if (!exports) {
    const last = modules.at(file)?.exports.includes('default') ? `\nexport { default } from ${url}` : ''
    return `export * from ${url}${last}`
  }
  // what awaits can't be required
  const load = exports.awaits ? `await import(${url})` : `createRequire(import.meta.url)(${JSON.stringify(required)})`
  return [
    exports.awaits ? '' : "import { createRequire } from 'node:module'",
    `const it = ${load}`,
    ...exports.names.map(
      (name, i) => `const it${i} = it[${JSON.stringify(name)}]\nexport { it${i} as ${JSON.stringify(name)} }`,
    ),
  ].join('\n')
}

/** All that a module exports, and whether it or what it imports awaits; undefined where CommonJS is passed on whole. */
function exportsOf(
  file: string,
  modules: PackageModules,
  resolver: PackageResolver,
): { readonly names: readonly string[]; readonly awaits: boolean } | undefined {
  const names = new Set<string>()
  const passing = new Set([file])
  for (const at of passing) {
    const module = modules.at(at)
    if (module?.format !== 'module') return undefined
    for (const name of module.exports) if (name !== 'default' || at === file) names.add(name)
    for (const specifier of module.passes) {
      const found = resolver.find(specifier, at, 'import')
      if (found === undefined) return undefined
      passing.add(found)
    }
  }
  // `require` of such a module gives this export alone
  if (names.has('module.exports')) return undefined
  return { names: [...names].sort(), awaits: doesAwait(file, modules, resolver) }
}

function doesAwait(file: string, modules: PackageModules, resolver: PackageResolver): boolean {
  const loaded = new Set([file])
  for (const at of loaded) {
    const module = modules.at(at)
    if (module?.format !== 'module') continue
    if (module.awaits) return true
    for (const { specifier, loads, dynamic } of module.imports) {
      const found = loads === 'import' && !dynamic ? resolver.find(specifier, at, 'import') : undefined
      if (found !== undefined) loaded.add(found)
    }
  }
  return false
}
