import { basename, relative } from 'node:path'
import type { Diagnostic } from '@millrace/ir'
import type { Asset } from '../parse/assets.ts'
import type { LocalModule, Problem, Uncounted } from './module-graph.ts'

const at = (file: string, place: { readonly line: number; readonly column: number }): Diagnostic['at'] => ({
  pipeline: null,
  node: null,
  file,
  line: place.line,
  column: place.column,
})

/** Paths as the messages show them: relative to a folder, with `/`. */
export const pathIn = (folder: string, file: string): string => relative(folder, file).replaceAll('\\', '/')

export const bundleFailed = (problem: Problem, folder: string): Diagnostic => ({
  code: 'bundle-failed',
  severity: 'error',
  message: `"${pathIn(folder, problem.file)}" can't be bundled: ${problem.message}`,
  at: at(problem.file, problem),
  fix: problem.specifier
    ? `Correct the import of "${problem.specifier}", or install what it names.`
    : 'Correct the file so that it parses.',
})

export const printFailed = (module: LocalModule, name: string, error: Error, folder: string): Diagnostic => ({
  code: 'bundle-failed',
  severity: 'error',
  message: `export "${name}" of "${pathIn(folder, module.file)}" can't be bundled: ${firstLines(error.message)}`,
  at: at(module.file, { line: 1, column: 1 }),
  fix: 'Correct the code that the message names.',
})

export const missingAsset = (asset: Asset, module: LocalModule): Diagnostic => ({
  code: 'missing-file',
  severity: 'error',
  message: `there is no file "${asset.written}" beside "${basename(module.file)}"`,
  at: at(asset.module, module.place(asset.offset)),
  fix: `Create "${asset.path}", or correct the path in new URL(…).`,
})

/** One for each variable that a module reads while it loads. */
export function environmentAtTopLevel(module: LocalModule, folder: string): Diagnostic[] {
  const seen = new Set<string | undefined>()
  return module.reads.flatMap(({ name, start }) => {
    if (seen.has(name)) return []
    seen.add(name)
    const path = pathIn(folder, module.file)
    return [
      {
        code: 'environment-at-top-level',
        severity: 'notice',
        message:
          name === undefined
            ? `"${path}" reads process.env when it is loaded; its variables are no part of any key, and in a pod they may be missing`
            : `"${path}" reads process.env.${name} when it is loaded; its value is no part of any key, and in a pod it may be missing`,
        at: at(module.file, module.place(start)),
        fix: "Declare it in the stage's env with inherit() and read it from context.env.",
      },
    ]
  })
}

/**
 * @param name of the variable that is read there
 * @param stages names of those whose code holds the place
 */
export function uncountedSite(
  site: Uncounted,
  name: string | undefined,
  module: LocalModule,
  stages: readonly string[],
): Diagnostic {
  const named = stages.slice(0, 3).map((name) => `"${name}"`)
  const more = stages.length > 3 ? ` and ${stages.length - 3} more` : ''
  const [who, find, load, read, which] =
    stages.length > 1
      ? ['stages', 'find', 'load', 'read', "their keys don't count"]
      : ['stage', 'finds', 'loads', 'reads', "its key doesn't count"]
  if (site.finds === 'variable') {
    const [of, when] = name === undefined ? ['variables', 'one changes'] : ['value', 'it changes']
    const path = `${site.written}${name === undefined ? '' : `.${name}`}`
    return {
      code: 'environment-at-top-level',
      severity: 'notice',
      message: `${who} ${named.join(', ')}${more} ${read} ${path}, whose ${of} ${which}: when ${when}, old results are still taken, and in a pod it may be missing`,
      at: at(site.file, module.place(site.start)),
      fix:
        name === undefined
          ? "Declare each in the stage's env with inherit() and read it from context.env."
          : `Declare it, env: { ${name}: inherit() }, and read it from context.env.`,
    }
  }
  const does = site.finds === 'code' ? `${load} code` : `${find} files`
  return {
    code: 'uncounted-file',
    severity: 'notice',
    message: `${who} ${named.join(', ')}${more} ${does} by ${site.written}, which ${which}: when one changes, old results are still taken`,
    at: at(site.file, module.place(site.start)),
    fix:
      site.finds === 'code'
        ? "Write out what is loaded: import('./name.ts')."
        : "Write the file out, new URL('./name', import.meta.url), or give it as an input with asset().",
  }
}

const firstLines = (message: string): string =>
  message
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, 2)
    .join(' ')
