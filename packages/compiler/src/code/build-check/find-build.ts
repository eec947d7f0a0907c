import type { ESTree } from 'rolldown/utils'
import { sdkName } from '../parse/millrace-names.ts'
import { literalText, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import type { BuildSite } from './build-site.ts'
import type { SourceIndex } from './source-index.ts'

type LocationOf = (offset: number) => { readonly line: number; readonly column: number }

/**
 * Finds the expressions behind `build` in the options of a pipeline, or behind those of a stage that are functions: of
 * the call at the site's line, else of the one with its name. Of several the nearest counts, and one of the SDK's own
 * before others.
 */
export function findBuild(site: BuildSite, index: SourceIndex, place: LocationOf): readonly Node[] {
  let best: { readonly found: readonly Node[]; readonly rank: number } | undefined
  for (const call of index.calls) {
    const found = optionsIn(call, site.stage?.options ?? ['build'])
    if (found.length === 0) continue
    const rank = rankOf(call, site, index, place)
    if (rank !== undefined && (!best || rank < best.rank)) best = { found, rank }
  }
  return best?.found ?? []
}

/** The values of the first object among the arguments that has some of these options. */
function optionsIn(call: ESTree.CallExpression, names: readonly string[]): Node[] {
  for (const argument of call.arguments) {
    const options = unwrap(argument)
    if (options.type !== 'ObjectExpression') continue
    const found = options.properties.flatMap((property) =>
      property.type === 'Property' && names.includes(propertyName(property, property.key) ?? '')
        ? [property.value]
        : [],
    )
    if (found.length > 0) return found
  }
  return []
}

const definers = { pipeline: ['pipeline'], stage: ['python', 'container'] }

function rankOf(
  call: ESTree.CallExpression,
  site: BuildSite,
  index: SourceIndex,
  place: LocationOf,
): number | undefined {
  const callee = unwrap(call.callee)
  // a stack names the place of `pipeline` in `m.pipeline(…)`
  const { line, column } = place(callee.type === 'MemberExpression' ? callee.property.start : callee.start)
  const named = literalText(call.arguments[0]) === (site.stage?.name ?? site.pipeline)
  const own = definers[site.stage ? 'stage' : 'pipeline']
  const other = own.includes(sdkName(callee, index.scopeOf(call)) ?? '') ? 0 : 0.5
  if (line === site.line) return (named ? 0 : 1e3) + Math.min(Math.abs(column - site.column), 900) + other
  return named ? 1e4 + Math.abs(line - site.line) + other : undefined
}

/** What stands as the function in each `each(list, function)` of words. */
export function eachBodies(words: Node, index: SourceIndex): Node[] {
  return index.calls.flatMap((call) => {
    const callee = unwrap(call.callee)
    const name = callee.type === 'MemberExpression' ? propertyName(callee, callee.property) : identifier(callee)
    const body = call.arguments[1]
    return name === 'each' && body && call.start > words.start && call.end < words.end ? [body] : []
  })
}

const identifier = (node: Node): string | undefined => (node.type === 'Identifier' ? node.name : undefined)
