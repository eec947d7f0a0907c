import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Diagnostic, Digest, Json } from '@millrace/ir'
import { type CacheFolder, cachePath, readCache, writeCache } from './cache-file.ts'
import { type EvidenceRecord, stillHolds } from './evidence.ts'
import type { WantedStage } from './find-stages.ts'
import { exported, type ImportModule } from './namespaces.ts'
import { userConditions } from './resolve-import.ts'
import { contractNumber, printerVersion } from './tools.ts'

export interface CodeRequest extends CacheFolder {
  /** Absolute path of the program. */
  readonly entry: string
  /** The stages to find, each under a key of the caller's. */
  readonly stages: readonly WantedStage[]
  /** Imports a module by its file URL, in the same way as the program was. */
  importModule(url: string): Promise<Readonly<Record<string, unknown>>>
  /** Called when nothing that is still right is known of the program, before the slow part. */
  anew?(): void
}

export interface StageCode {
  readonly code: Digest
  /** Of the module that exports it: relative to the folder of the nearest package.json, with `/`. */
  readonly module: string
  readonly export: string
  /** Absolute path of that module. */
  readonly file: string
  /**
   * What the digest was taken over, to say which file changed: digests of what the stage uses of a module, and of the
   * bytes of assets, by their path relative to the folder of the entry's package.json; packages as `name@version`.
   */
  readonly sources: Readonly<Record<string, Digest>>
  /** Digests of the whole bytes of its modules and assets, by the same paths. */
  readonly files: Readonly<Record<string, Digest>>
  /** Whether a process that loads none of the author's modules can run it (`workerCode`). */
  readonly movable: boolean
}

export interface CodeIndex {
  /** By the keys of the request; a stage that no module exports is absent, and one whose code has an error. */
  readonly stages: ReadonlyMap<string, StageCode>
  /** Absolute paths of the local modules that importing the entry loads, in the order in which they run. */
  readonly modules: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What the cache holds. */
interface Kept {
  readonly evidence: EvidenceRecord
  readonly stages: readonly (readonly [string, StageCode])[]
  readonly modules: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Finds the stages of a program in its modules and takes the digests of their code (contracts: keys). With a cache
 * that still holds, nothing is parsed and no bundler is loaded.
 *
 * Never throws for what is wrong in the program: that is in the diagnostics (`bundle-failed`, `missing-file`, and the
 * notices `environment-at-top-level` and `uncounted-file`).
 */
export async function indexCode(request: CodeRequest): Promise<CodeIndex> {
  const path = request.cache === undefined ? undefined : cachePath(request.cache, 'code', request.entry)
  const fingerprint = fingerprintOf(request)
  const kept = path === undefined ? undefined : readCache<Kept>(path, fingerprint)
  if (kept && (await isValid(kept, request)))
    return { stages: new Map(kept.stages), modules: kept.modules, diagnostics: kept.diagnostics }

  request.anew?.()
  const { computeIndex } = await import('./compute-index.ts')
  const { index, evidence } = await computeIndex(request)
  // what a failure depends on (a file that isn't there) may not be on record
  if (path !== undefined && !index.diagnostics.some(({ severity }) => severity === 'error'))
    writeCache(path, fingerprint, { ...index, evidence, stages: [...index.stages] } satisfies Kept, request)
  return index
}

/** Whether something is known of the program, be it right still or not. */
export const isIndexed = ({ cache }: CacheFolder, entry: string): boolean =>
  cache !== undefined && existsSync(cachePath(cache, 'code', entry))

const fingerprintOf = ({ entry, stages }: CodeRequest): Json => ({
  format: 4,
  contract: contractNumber,
  printer: printerVersion,
  conditions: userConditions(),
  entry,
  stages: stages.map(({ key, env = [] }) => [key, ...env].join('\0')).sort(),
})

async function isValid(kept: Kept, { stages, importModule }: CodeRequest): Promise<boolean> {
  try {
    if (!stillHolds(kept.evidence)) return false
    const codes = new Map(kept.stages)
    if (!Array.isArray(kept.modules) || !Array.isArray(kept.diagnostics)) return false
    for (const { key, stage } of stages) {
      const code = codes.get(key)
      if (code && !(await isExport(importModule, code, stage))) return false
    }
    return true
  } catch {
    // a damaged cache
    return false
  }
}

async function isExport(
  importModule: ImportModule,
  { file, export: name }: StageCode,
  stage: object,
): Promise<boolean> {
  return exported(await importModule(pathToFileURL(file).href), name) === stage
}
