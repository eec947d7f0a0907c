import type { ESTree } from 'rolldown/utils'
import { sdkName } from '../parse/millrace-names.ts'
import { literalText, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import type { BuildSite } from './build-site.ts'
import type { SourceIndex } from './source-index.ts'

type LocationOf = (offset: number) => { readonly line: number; readonly column: number }

/**
 * Finds the expression behind `build` in the options of a pipeline: of the call at the site's line, else of the one
 * with its name. Of several the nearest counts, and one of the SDK's own `pipeline` before others.
 */
export function findBuild(site: BuildSite, index: SourceIndex, place: LocationOf): Node | undefined {
  let best: { readonly build: Node; readonly rank: number } | undefined
  for (const call of index.calls) {
    const build = buildIn(call)
    if (!build) continue
    const rank = rankOf(call, site, index, place)
    if (rank !== undefined && (!best || rank < best.rank)) best = { build, rank }
  }
  return best?.build
}

function buildIn(call: ESTree.CallExpression): Node | undefined {
  for (const argument of call.arguments) {
    const options = unwrap(argument)
    if (options.type !== 'ObjectExpression') continue
    for (const property of options.properties)
      if (property.type === 'Property' && propertyName(property, property.key) === 'build') return property.value
  }
  return undefined
}

function rankOf(
  call: ESTree.CallExpression,
  site: BuildSite,
  index: SourceIndex,
  place: LocationOf,
): number | undefined {
  const callee = unwrap(call.callee)
  // a stack names the place of `pipeline` in `m.pipeline(…)`
  const { line, column } = place(callee.type === 'MemberExpression' ? callee.property.start : callee.start)
  const named = literalText(call.arguments[0]) === site.pipeline
  const other = sdkName(callee, index.scopeOf(call)) === 'pipeline' ? 0 : 0.5
  if (line === site.line) return (named ? 0 : 1e3) + Math.min(Math.abs(column - site.column), 900) + other
  return named ? 1e4 + Math.abs(line - site.line) + other : undefined
}
