import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RolldownMagicString } from 'rolldown'
import { type Edit, inEffect } from '../parse/edits.ts'
import { type Analysis, isFree } from '../parse/scopes.ts'
import { assetTokens, type EmitSources } from '../ship/emit-source.ts'

/** A module of the program as a worker of this machine runs it, still in its own language. */
export interface WorkerSource {
  readonly code: string
  /** From the author's text. */
  readonly map: string
}

const meta = 'millrace$meta'

/** @param specifier of the module that says where this one lies, for those that ask */
export function workerSource(
  sources: EmitSources,
  MagicString: typeof RolldownMagicString,
  file: string,
  text: string,
  specifier: string,
): WorkerSource | undefined {
  const parsed = sources.edits(file, text)
  if (!parsed) return undefined
  const { analysis, edits } = parsed
  const places = [...assetTokens(file, analysis, urlOf), ...placeEdits(analysis, file)]
  const edited = new MagicString(text)
  for (const { start, end, text: by } of inEffect([...edits, ...places]))
    if (start === end) edited.appendLeft(start, by)
    else if (by === '') edited.remove(start, end)
    else edited.overwrite(start, end, by)
  if (places.some(({ text: by }) => by === meta)) edited.append(`\nimport ${meta} from ${JSON.stringify(specifier)}`)
  return { code: edited.toString(), map: edited.generateMap({ source: file, hires: 'boundary' }).toString() }
}

/** Its files lie where the author put them. */
function urlOf({ path, written }: { readonly path: string; readonly written: string }): string {
  const [suffix] = /\/?(?:[?#].*)?$/.exec(written) ?? ['']
  return `${pathToFileURL(path).href}${suffix}`
}

/** What tells a module where it lies must tell it of the author's file. */
function placeEdits({ visits, declaring }: Analysis, file: string): Edit[] {
  const names: { readonly [name: string]: string } = { __filename: file, __dirname: dirname(file) }
  return visits.flatMap((visit): Edit[] => {
    const { node, parent } = visit
    if (node.type === 'MetaProperty' && node.meta.name === 'import')
      return [{ start: node.start, end: node.end, text: meta }]
    if (node.type !== 'Identifier' || !Object.hasOwn(names, node.name)) return []
    if (!isFree(visit, declaring)) return []
    const value = JSON.stringify(names[node.name])
    const shorthand = parent?.type === 'Property' && parent.shorthand
    return [{ start: node.start, end: node.end, text: shorthand ? `${node.name}: ${value}` : value }]
  })
}

/** The module behind `specifier`: what `import.meta` has for the author's module. */
export const metaModule = (file: string): string =>
  `export default ${JSON.stringify({ url: pathToFileURL(file).href, filename: file, dirname: dirname(file), main: false })}`
