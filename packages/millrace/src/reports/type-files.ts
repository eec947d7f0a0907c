import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pythonScript, type TypedStage, typesHeader, typesModule } from '@millrace/compiler'
import { type Diagnostic, nowhere } from '@millrace/ir'
import { ownSchemas, type Traced } from '@millrace/sdk'
import { onDisk } from '@millrace/store'
import { pythonStub } from '../program/python-package.ts'
import { onTarget } from '../program/target-folder.ts'
import { shortPath } from '../short-path.ts'

/** What tells Python's type checkers of stages: files by their absolute paths. */
export type TypeFiles = ReadonlyMap<string, string>

/** A file that is not as it should be. */
export interface TypesDifference {
  readonly path: string
  readonly how: 'missing' | 'changed'
}

/**
 * The types of all Python stages, beside their scripts: stages of one script are in one file.
 *
 * @param chosen the pipelines whose scripts they are for
 * @param all those whose stages may run the same scripts
 */
export function typeFiles(chosen: readonly Traced[], all: readonly Traced[]): TypeFiles {
  const wanted = new Set(chosen.flatMap(scripts).map(typesBeside))
  const stages = new Map<string, TypedStage[]>()
  const seen = new Set<object>()
  for (const traced of all) {
    for (const definition of traced.stages.values()) {
      const { code, name } = definition
      const script = pythonScript(code)
      if (script === undefined || seen.has(definition) || definition.problems.length > 0) continue
      seen.add(definition)
      const path = typesBeside(script)
      const beside = stages.get(path) ?? []
      stages.set(path, [...beside, { name, pipeline: traced.definition.name, ...ownSchemas(definition) }])
    }
  }
  const files = new Map<string, string>()
  for (const path of [...wanted].sort()) {
    files.set(join(dirname(path), 'millrace.pyi'), `${typesHeader}${pythonStub()}`)
    files.set(path, typesModule(stages.get(path) ?? []))
  }
  return files
}

/** The scripts of a pipeline's stages. */
const scripts = ({ stages }: Traced): string[] => [...stages.values()].flatMap(({ code }) => pythonScript(code) ?? [])

/** `/p/train-model.py` has its types in `/p/train_model_types.py`: a name that Python can import. */
function typesBeside(script: string): string {
  const stem = basename(script).replace(/\.pyw?$/, '')
  const name = stem.replaceAll(/[^\p{XIDC}]/gu, '_').replace(/^(?=\p{Nd})/u, '_')
  return join(dirname(script), `${name}_types.py`)
}

/** How files differ from what they should be. */
export function compareTypes(files: TypeFiles): TypesDifference[] {
  return [...files].flatMap(([path, text]): TypesDifference[] => {
    const there = textOf(path)
    return there === text ? [] : [{ path, how: there === undefined ? 'missing' : 'changed' }]
  })
}

/** Files of these names that are somebody's own. */
export const foreignTypes = (files: TypeFiles): Diagnostic[] =>
  [...files.keys()].flatMap((path): Diagnostic[] => {
    if (textOf(path)?.startsWith(typesHeader) !== false) return []
    const message = `"${shortPath(path)}" is there already, and types did not write it`
    const fix = 'Rename it, or move the script to a folder where the name is free.'
    return [{ code: 'usage', severity: 'error', message, at: { ...nowhere, file: path }, fix }]
  })

export function writeTypes(files: TypeFiles, differences: readonly TypesDifference[]): void {
  for (const { path } of differences)
    onTarget('write', path, 'Make the folder of the script one that can be written.', () =>
      writeFileSync(path, files.get(path) as string),
    )
}

/** Git may have given it other line ends. */
const textOf = (path: string): string | undefined =>
  existsSync(path) ? onDisk('read', path, () => readFileSync(path, 'utf8').replaceAll('\r\n', '\n')) : undefined
