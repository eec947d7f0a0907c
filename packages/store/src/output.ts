import { isAbsolute, join, relative, sep } from 'node:path'
import {
  type ArtifactPort,
  type ArtifactValue,
  type Digest,
  digestJson,
  hasArtifacts,
  isArtifactValue,
  type Json,
  mapArtifacts,
  type Schema,
} from '@millrace/ir'

const known = new WeakMap<Schema, boolean>()

function holdsArtifacts(schema: Schema): boolean {
  let answer = known.get(schema)
  if (answer === undefined) {
    answer = hasArtifacts(schema)
    known.set(schema, answer)
  }
  return answer
}

const mapValues = (
  schema: Schema,
  output: Json,
  replace: (artifact: ArtifactValue, port: ArtifactPort) => Json,
): Json =>
  holdsArtifacts(schema)
    ? mapArtifacts(schema, output, (value, port) => (isArtifactValue(value) ? replace(value, port) : value))
    : output

/** Digest of an output: its canonical JSON with every artifact as `{ digest, size }`, wherever its bytes lie. */
export const outputDigest = (schema: Schema, output: Json): Digest =>
  digestJson(mapValues(schema, output, ({ digest, size }) => ({ digest, size })))

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

/** The output with the paths of artifacts under one of the store's names made relative to it, with `/`. */
export const relativeTo = (roots: readonly string[], schema: Schema, output: Json): Json =>
  mapValues(schema, output, ({ path, digest, size }) => ({ path: under(roots, path), digest, size }))

function under(roots: readonly string[], path: string): string {
  for (const root of roots) {
    const inside = relative(root, path)
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
      return inside.split(sep).join('/')
  }
  return path
}

/** The output with relative paths of artifacts made absolute. */
export const absoluteFrom = (root: string, schema: Schema, output: Json): Json =>
  mapValues(schema, output, ({ path, digest, size }) => ({
    path: isAbsolute(path) ? path : join(root, path),
    digest,
    size,
  }))
