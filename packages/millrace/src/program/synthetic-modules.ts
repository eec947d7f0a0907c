import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { ImportModule, Program } from './program.ts'

/**
 * What modules export of a program's stages, told from the places where the stages were defined, without importing
 * anything: the module that calls `run` may itself still be running, and waiting for it would wait for ever.
 */
export function syntheticModules(program: Program): ImportModule {
  const modules = new Map<string, Record<string, unknown>>()
  const definitions = [...program.traced.stages.values(), ...program.traced.pipelines]
  for (const definition of definitions) {
    const { file, line } = definition.at()
    if (file === undefined || line === undefined) continue
    const name = exportedName(file, line)
    if (name === undefined) continue
    const url = pathToFileURL(file).href
    const module = modules.get(url) ?? {}
    module[name] = definition.self
    modules.set(url, module)
  }
  return async (url) => modules.get(url) ?? {}
}

/** The export of the `const` whose initialiser stands at a line. */
function exportedName(file: string, line: number): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const lines = text.split('\n')
  // the call may stand below its const by a line or two when a formatter broke it
  for (let at = line - 1; at >= Math.max(0, line - 3); at--) {
    const found = /^\s*(export\s+)?(?:const|let|var)\s+([\w$]+)/.exec(lines[at] ?? '')
    if (!found) {
      if (/^\s*export\s+default\b/.test(lines[at] ?? '')) return 'default'
      continue
    }
    const name = found[2] as string
    if (found[1]) return name
    const list = new RegExp(`export\\s*\\{[^}]*?\\b${name.replaceAll('$', '\\$')}\\b(?:\\s+as\\s+([\\w$]+))?`).exec(
      text,
    )
    if (list) return list[1] ?? name
    return new RegExp(`export\\s+default\\s+${name.replaceAll('$', '\\$')}\\b`).test(text) ? 'default' : undefined
  }
  return undefined
}
