import {
  type Digest,
  digestJson,
  hexOf,
  isObject,
  type Json,
  type JsonObject,
  type Metric,
  type Schema,
} from '@millrace/ir'
import { absoluteFrom, artifactsOf, outputDigest, relativeTo } from './output.ts'
import { metricsOf, type Result } from './result.ts'
import type { User } from './uses.ts'

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
  readonly user?: User
}

/** The file of a manifest, in its key's folder; `current` holds this name. */
export const manifestName = (digest: Digest): string => `${hexOf(digest)}.json`
export const manifestPattern = /^[0-9a-f]{64}\.json$/

/**
 * The text of a manifest: `{ version, key, run, output, digest, attempt?, files, metrics, check }`. Artifacts under
 * the store are relative to it; `check` is the digest of all the other fields.
 */
export function writeManifest(roots: readonly string[], commit: Commit): string {
  const output = relativeTo(roots, commit.schema, commit.output)
  const files = artifactsOf(commit.schema, output).map(({ artifact: { path, digest, size } }) => ({
    path,
    digest,
    size,
  }))
  const fields: JsonObject = {
    version: 1,
    key: commit.key,
    run: commit.run,
    output,
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
  root: string,
): Result | undefined {
  const manifest: unknown = JSON.parse(text)
  if (!isObject(manifest)) return undefined
  const { check, ...fields } = manifest
  if (fields.version !== 1 || fields.key !== key || digestJson(fields as JsonObject) !== check) return undefined
  const digest = fields.digest as Digest
  const output = absoluteFrom(root, schema, fields.output as Json)
  const metrics = metricsOf(fields.metrics)
  if (!metrics || manifestName(digest) !== name || outputDigest(schema, output) !== digest) return undefined
  return { key, output, digest, metrics, from: String(fields.run) }
}
