import { join } from 'node:path'
import {
  type ArtifactValue,
  type DoneMarker,
  isArtifactValue,
  type Json,
  mapArtifacts,
  type PlanStage,
  type PlanStageSpec,
  podPlaces,
  showPath,
  type WorkItem,
} from '@millrace/ir'
import { type Cause, outputOutside } from './failures.ts'

/** Where artifacts lie here. */
interface StoreLocation {
  readonly root: string
  /** Of the attempt's own. */
  readonly files: string
}

/**
 * The output of a marker with absolute paths here. An artifact is one of the attempt's own, which its marker lists, or
 * is equal to one of its input; whatever else a path names is no affair of the stage.
 */
export function markedOutput(
  node: PlanStage,
  spec: PlanStageSpec,
  item: WorkItem,
  marker: DoneMarker,
  { root, files }: StoreLocation,
): { readonly output: Json } | { readonly cause: Cause } {
  const own = new Map(marker.files.map((file) => [file.path, file]))
  const given = new Map<string, ArtifactValue>()
  mapArtifacts(spec.input, item.input, (at) => {
    if (isArtifactValue(at)) given.set(`${podPlaces.store}/${at.path}`, at)
    return at
  })
  let cause: Cause | undefined
  const output = mapArtifacts(spec.output, marker.output, (at, _, field) => {
    const { path, digest, size } = (isArtifactValue(at) ? at : { path: String(at) }) as ArtifactValue
    const found = isInside(path) ? own.get(path) : given.get(path)
    if (!found || found.digest !== digest || found.size !== size) {
      cause ??= outputOutside(node, showPath(field), path)
      return at
    }
    const here = found === given.get(path) ? join(root, found.path) : join(files, found.path)
    return { path: here, digest, size } as unknown as Json
  })
  return cause ? { cause } : { output }
}

/** Whether a path, with `/`, stays below the folder that it is relative to. */
const isInside = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
