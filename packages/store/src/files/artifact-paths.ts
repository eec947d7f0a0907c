import { isAbsolute, join } from 'node:path'
import {
  type ArtifactPort,
  type ArtifactValue,
  type Digest,
  digestBytes,
  digestJson,
  hasArtifacts,
  isArtifactValue,
  type Json,
  mapArtifacts,
  type Schema,
} from '@millrace/ir'
import type { ArtifactRoots } from './artifact-roots.ts'
import { isPlainPath } from './plain-path.ts'

const mapValues = (
  schema: Schema,
  output: Json,
  replace: (artifact: ArtifactValue, port: ArtifactPort) => Json,
): Json => mapArtifacts(schema, output, (value, port) => (isArtifactValue(value) ? replace(value, port) : value))

/**
 * Digest of an output: its canonical JSON with every artifact as `{ digest, size }`, wherever its bytes lie.
 *
 * @param text the output's canonical JSON, where it is known
 */
export const outputDigest = (schema: Schema, output: Json, text?: string): Digest =>
  text !== undefined && !hasArtifacts(schema)
    ? digestBytes(text)
    : digestJson(mapValues(schema, output, ({ digest, size }) => ({ digest, size })))

export interface FoundArtifact {
  readonly artifact: ArtifactValue
  readonly kind: ArtifactPort['kind']
}

/** The artifacts of an output. */
export function artifactsOf(schema: Schema, output: Json): FoundArtifact[] {
  const found: FoundArtifact[] = []
  mapValues(schema, output, (artifact, port) => {
    found.push({ artifact, kind: port.kind })
    return null
  })
  return found
}

/** The output with the paths of the store's own artifacts made relative to it, with `/`. */
export const relativeTo = (places: ArtifactRoots, schema: Schema, output: Json): Json =>
  mapValues(schema, output, ({ path, digest, size }) => ({ path: places.relative(path) ?? path, digest, size }))

/** The output with relative paths of artifacts made absolute; undefined where one leads out of the store. */
export function absoluteFrom({ root }: ArtifactRoots, schema: Schema, output: Json): Json | undefined {
  let inside = true
  const whole = mapValues(schema, output, ({ path, digest, size }) => {
    inside &&= isAbsolute(path) || isPlainPath(path)
    return { path: isAbsolute(path) ? path : join(root, path), digest, size }
  })
  return inside ? whole : undefined
}

/**
 * The output, in which artifacts from elsewhere (the stage passed on an input) are replaced by those of the call's
 * input with the same content; undefined where the input has none: a manifest must not lead out of the store.
 */
export function placed(
  places: ArtifactRoots,
  schema: Schema,
  output: Json,
  given: () => readonly ArtifactValue[],
): Json | undefined {
  let all = true
  const whole = mapValues(schema, output, (artifact) => {
    if (places.standing(artifact.path) === 'here') return artifact as unknown as Json
    const same = given().find(({ digest, size }) => digest === artifact.digest && size === artifact.size)
    all &&= same !== undefined
    return (same ?? artifact) as unknown as Json
  })
  return all ? whole : undefined
}
