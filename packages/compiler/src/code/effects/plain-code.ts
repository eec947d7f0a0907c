import type { TransformOptions } from 'rolldown/utils'
import type { EmitTools } from '../toolchain/emit-tools.ts'

/**
 * A module as JavaScript, by the options of the nearest tsconfig.json. Decorators of the standard stay: nothing here
 * can translate them.
 */
export const plainCode = (tools: EmitTools, file: string, source: string, type: 'ts' | 'tsx' | 'js' | 'jsx'): string =>
  type === 'js' ? source : translate(tools, file, source, type).code

/** The same, with the source map of what it changed. */
export function translate(
  tools: EmitTools,
  file: string,
  source: string,
  type: 'ts' | 'tsx' | 'js' | 'jsx',
): { readonly code: string; readonly map: SourceMap | undefined } {
  const compilerOptions = optionsOf(tools, file)
  const jsx = /^react-jsx/.test(compilerOptions.jsx ?? '') ? {} : ({ jsx: { runtime: 'classic' } } as const)
  const { code, map, errors } = tools.transformSync(file, source, {
    lang: type,
    sourceType: file.endsWith('.cts') ? 'commonjs' : 'module',
    target: 'esnext',
    typescript: { onlyRemoveTypeImports: true },
    tsconfig: { compilerOptions },
    sourcemap: true,
    ...jsx,
  })
  const [error] = errors
  if (error) throw error
  return { code, map }
}

export type SourceMap = NonNullable<ReturnType<EmitTools['transformSync']>['map']>

type CompilerOptions = NonNullable<
  Exclude<TransformOptions['tsconfig'], boolean | string | undefined>['compilerOptions']
>

/** Those that say what code does. */
function optionsOf(tools: EmitTools, file: string): CompilerOptions {
  let given: CompilerOptions = {}
  try {
    given = (tools.resolveTsconfig(file)?.tsconfig.compilerOptions ?? {}) as CompilerOptions
  } catch {
    // a broken tsconfig.json: the resolver reports it if it matters
  }
  const names = [
    'jsx',
    'jsxFactory',
    'jsxFragmentFactory',
    'jsxImportSource',
    'experimentalDecorators',
    'emitDecoratorMetadata',
    'strict',
    'strictNullChecks',
    'useDefineForClassFields',
  ] as const
  const chosen = names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]))
  return { target: given.target ?? 'esnext', ...Object.fromEntries(chosen) }
}

/** Whether decorators are TypeScript's old ones, which can be translated. */
export const hasOldDecorators = (tools: EmitTools, file: string): boolean =>
  optionsOf(tools, file).experimentalDecorators === true
