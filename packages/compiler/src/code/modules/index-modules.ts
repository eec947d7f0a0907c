import { isBuiltin } from 'node:module'
import type { LocalModule, ModuleGraph } from './module-graph.ts'

/**
 * The local modules that importing the entry loads, in the order in which they run. Modules that are only imported on
 * demand are not among them.
 *
 * @param entry absolute path
 */
export function indexModules(entry: string, graph: ModuleGraph): LocalModule[] {
  const order: LocalModule[] = []
  const first = graph.load(entry)
  const seen = new Set([first])
  const stack = [{ module: first, next: 0 }]
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const site = frame.module.imports[frame.next++]
    if (!site) {
      order.push(frame.module)
      stack.pop()
      continue
    }
    if (site.dynamic || isBuiltin(site.specifier)) continue
    const found = graph.resolve(site.specifier, frame.module)
    if (found.kind === 'missing' && !site.optional) graph.missing(site.specifier, frame.module, found.message)
    if (found.kind !== 'local') continue
    const module = graph.load(found.file)
    if (seen.has(module)) continue
    seen.add(module)
    stack.push({ module, next: 0 })
  }
  return order
}
