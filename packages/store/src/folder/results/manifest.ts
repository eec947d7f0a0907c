import { join } from 'node:path'
import {
  type ArtifactValue,
  type Digest,
  digestJson,
  hexOf,
  isDigest,
  isObject,
  type Json,
  type JsonObject,
  type Metric,
  parseJson,
  type Schema,
} from '@millrace/ir'
import { absoluteFrom, artifactsOf, outputDigest, relativeTo } from '../../files/artifact-paths.ts'
import type { ArtifactRoots } from '../../files/artifact-roots.ts'
import { largeFilesOf, rememberLarge } from '../../files/large-files.ts'
import { isPlainPath, isRunName } from '../../files/plain-path.ts'
import { metricsOf, type Result } from '../../result.ts'
import type { Referrer } from '../coordination/references.ts'

/** What a commit puts down. */
export interface Commit {
  readonly key: Digest
  readonly run: string
  /** Artifacts have absolute paths. */
  readonly output: Json
  readonly schema: Schema
  /** The output digest. */
  readonly digest: Digest
  readonly metrics: readonly Metric[]
  readonly attempt?: string
  /** Becomes current even where a valid result is (`--fresh`). */
  readonly replace?: boolean
  /** Is told of the result of others that is adopted. */
  readonly user?: Referrer
  /** What the call is given, from which a result of others may take what lies outside of the store. Default none. */
  readonly given?: () => readonly ArtifactValue[]
}

/** The file of a manifest, in its key's folder; `current` holds this name. */
export const manifestName = (digest: Digest): string => `${hexOf(digest)}.json`
export const manifestPattern = /^[0-9a-f]{64}\.json$/

/**
 * The text of a manifest: `{ version, key, run, output, digest, attempt?, files, metrics, check }`. Artifacts under
 * the store are relative to it; `check` is the digest of all the other fields. A file is `{ path, digest, size, large? }`:
 * of what is above 1 GiB, `{ path, digest, mark }` by which it is known again unread.
 */
export function writeManifest(places: ArtifactRoots, commit: Commit): string {
  const files = artifactsOf(commit.schema, commit.output).map(({ artifact: { path, digest, size } }) => {
    const large = largeFilesOf({ path, size }).map((file) => ({ ...file }))
    return { path: places.relative(path) ?? path, digest, size, ...(large.length > 0 && { large }) }
  })
  const fields: JsonObject = {
    version: 1,
    key: commit.key,
    run: commit.run,
    output: relativeTo(places, commit.schema, commit.output),
    digest: commit.digest,
    ...(commit.attempt === undefined ? {} : { attempt: commit.attempt }),
    files,
    metrics: commit.metrics.map((metric) => ({
      ...metric,
      value: Number.isFinite(metric.value) ? metric.value : null,
    })),
  }
  // not canonical: a stage that reads the output must see its keys in the order in which they were returned
  return `${JSON.stringify({ ...fields, check: digestJson(fields) })}\n`
}

/** The result in a manifest's text, if it is whole, of this key, and what its file name says. */
export function readManifest(
  text: string,
  name: string,
  key: Digest,
  schema: Schema,
  places: ArtifactRoots,
): Result | undefined {
  const manifest = parseJson(text)
  if (!isObject(manifest)) return undefined
  const { check, ...fields } = manifest
  if (fields.version !== 1 || fields.key !== key || digestJson(fields as JsonObject) !== check) return undefined
  const { digest, run } = fields
  if (!isDigest(digest) || manifestName(digest) !== name || !isRunName(run) || fields.output === undefined)
    return undefined
  const output = absoluteFrom(places, schema, fields.output as Json)
  const metrics = metricsOf(fields.metrics)
  if (!metrics || output === undefined || outputDigest(schema, output) !== digest) return undefined
  for (const { path, large } of objectsIn(fields.files))
    if (isPlainPath(path)) rememberLarge(join(places.root, path), large)
  return { key, output, digest, metrics, from: run }
}

const objectsIn = (value: unknown): readonly { readonly [field: string]: unknown }[] =>
  Array.isArray(value) ? value.filter(isObject) : []
