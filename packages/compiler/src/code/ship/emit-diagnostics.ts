import type { Diagnostic, DiagnosticLocation } from '@millrace/ir'
import { pathIn } from '../modules/diagnostics.ts'
import type { LocalModule } from '../modules/module-graph.ts'

/** Bytes that a stage's code and assets may have together, gzipped: a ConfigMap holds 1 MiB in base64. */
export const codeLimit = 700_000

const placeIn = (module: LocalModule, offset: number): DiagnosticLocation => ({
  pipeline: null,
  node: null,
  file: module.file,
  ...module.place(offset),
})

/** Where a module of the program imports something; without a specifier nobody knows. */
export interface ImportOf {
  readonly module: LocalModule
  readonly specifier?: string
  readonly offset: number
  /** The package that it leads to, whose import is wrong. */
  readonly through?: string
}

/** An import that the bundle can't hold. */
export function outsideImport(
  needed: string,
  { module, specifier, offset, through: own = specifier }: ImportOf,
  folder: string,
): Diagnostic {
  const told = (what: string, fix: string): Diagnostic => ({
    code: 'bundle-failed',
    severity: 'error',
    message: `"${pathIn(folder, module.file)}" can't be bundled: ${what}`,
    at: placeIn(module, offset),
    fix,
  })
  const isFile = /^\.{1,2}\//.test(needed)
  if (own !== undefined && own !== needed)
    return told(
      `"${own}" imports "${needed}", which isn't there`,
      `Install ${isFile ? `"${own}" anew` : `"${needed}"`}, or leave out what imports it.`,
    )
  const fix = isFile
    ? `Read it where it is needed, from new URL('${needed}', import.meta.url).`
    : `Install "${needed}", or leave it out.`
  return told(`"${needed}" is no module that can be shipped`, fix)
}

/** A package that finds files by itself, and is no JavaScript. */
export const typedPackage = (name: string, { module, offset }: ImportOf, folder: string): Diagnostic => ({
  code: 'bundle-failed',
  severity: 'error',
  message: `"${pathIn(folder, module.file)}" can't be bundled: "${name}" must lie beside it, and Node runs no TypeScript there`,
  at: placeIn(module, offset),
  fix: `Use "${name}" as JavaScript, or make it a container() stage.`,
})

export const newDecorators = (module: LocalModule, offset: number, folder: string): Diagnostic => ({
  code: 'bundle-failed',
  severity: 'error',
  message: `"${pathIn(folder, module.file)}" can't be bundled: it has decorators of the JavaScript standard, which no Node runs yet`,
  at: placeIn(module, offset),
  fix: 'Set "experimentalDecorators" in tsconfig.json and write them in that way, or do without.',
})

/** @param through the package that the file itself imports, if it is another one */
export const nativeAddon = (stage: string, name: string, from: ImportOf): Diagnostic => ({
  code: 'native-addon',
  severity: 'error',
  message: `stage "${stage}" uses "${name}"${
    from.specifier === undefined || from.specifier === name || from.specifier.endsWith(name)
      ? ''
      : ` through "${from.specifier}"`
  }, which runs native code: that can't be bundled with it`,
  at: placeIn(from.module, from.offset),
  fix: 'Make it a container() stage, whose image has it installed, or use a package without native code.',
})

/** @param parts what it consists of, with bytes before compression */
export function codeTooLarge(
  stage: string,
  size: number,
  parts: ReadonlyMap<string, number>,
  at: DiagnosticLocation,
): Diagnostic {
  const largest = [...parts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, 5)
  const told = largest.map(([name, bytes]) => `"${name}" ${shown(bytes)}`)
  return {
    code: 'code-too-large',
    severity: 'error',
    message: `the code and files of stage "${stage}" are ${shown(size)} gzipped, and at most ${shown(codeLimit)} can be shipped; the largest, not gzipped: ${told.join(', ')}`,
    at,
    fix: 'Give large files as inputs with file(), import less, or make it a container() stage.',
  }
}

const shown = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(Math.ceil(bytes / 100_000) / 10).toFixed(1)} MB`
