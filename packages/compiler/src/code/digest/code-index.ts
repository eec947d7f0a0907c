import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { canonical, type Diagnostic, type Digest, type Json } from '@millrace/ir'
import type { WantedStage } from '../modules/find-stages.ts'
import { userConditions } from '../modules/resolve-import.ts'
import { type CacheFolder, cachePath, readAnyCache, writeCache } from '../toolchain/cache-file.ts'
import { type EvidenceRecord, stillHolds } from '../toolchain/evidence.ts'
import { exported, type ImportModule } from '../toolchain/namespaces.ts'
import { contractNumber, printerVersion } from '../toolchain/tools.ts'
import { type FirstSeen, type KeptPackage, type PackageContent, PackageContents } from './package-contents.ts'

export interface CodeRequest extends CacheFolder {
  /** Default: every package is what it was published as. */
  readonly firstSeen?: FirstSeen
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
  /** Folders of its packages. */
  readonly packages: readonly string[]
}

/** A package that some stage uses, or that one of these depends on. */
export interface IndexedPackage extends PackageContent {
  /** `name@version` */
  readonly id: string
}

export interface CodeIndex {
  /** By the keys of the request; a stage that no module exports is absent, and one whose code has an error. */
  readonly stages: ReadonlyMap<string, StageCode>
  /** Absolute paths of the local modules that importing the entry loads, in the order in which they run. */
  readonly modules: readonly string[]
  /** By their folders. */
  readonly packages: ReadonlyMap<string, IndexedPackage>
  readonly diagnostics: readonly Diagnostic[]
}

/** What the cache holds. */
interface Kept {
  readonly evidence: EvidenceRecord
  readonly packages: readonly KeptPackage[]
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
  const found = path === undefined ? undefined : readAnyCache<Kept>(path)
  const kept = found && canonical(found.fingerprint) === canonical(fingerprint) ? found.value : undefined
  const contents = new PackageContents(packagesIn(found?.value), request.firstSeen)
  if (kept && (await isValid(kept, contents, request))) {
    const packages = contents.indexed(kept.packages)
    // so that what has other times and the same bytes is read but once
    if (path !== undefined && kept.packages.some(({ root, mark }) => packages.get(root)?.mark !== mark))
      writeCache(path, fingerprint, { ...kept, packages: contents.renewed(kept.packages) } satisfies Kept, request)
    return { stages: new Map(kept.stages), modules: kept.modules, packages, diagnostics: kept.diagnostics }
  }

  request.anew?.()
  const { computeIndex } = await import('./compute-index.ts')
  const { index, evidence, packages } = await computeIndex(request, contents)
  // what a failure depends on (a file that isn't there) may not be on record
  if (path !== undefined && !index.diagnostics.some(({ severity }) => severity === 'error'))
    writeCache(path, fingerprint, { ...index, evidence, packages, stages: [...index.stages] } satisfies Kept, request)
  return index
}

/** Whether something is known of the program, be it right still or not. */
export const isIndexed = ({ cache }: CacheFolder, entry: string): boolean =>
  cache !== undefined && existsSync(cachePath(cache, 'code', entry))

const fingerprintOf = ({ entry, stages }: CodeRequest): Json => ({
  format: 7,
  contract: contractNumber,
  printer: printerVersion,
  conditions: userConditions(),
  entry,
  stages: stages.map(({ key, env = [] }) => [key, ...env].join('\0')).sort(),
})

/** Also of a program that has changed since. */
const packagesIn = (kept: Partial<Kept> | undefined): readonly KeptPackage[] =>
  Array.isArray(kept?.packages) ? kept.packages.filter((at) => typeof at?.root === 'string') : []

async function isValid(kept: Kept, contents: PackageContents, { stages, importModule }: CodeRequest): Promise<boolean> {
  try {
    if (!stillHolds(kept.evidence) || !(await contents.stillHold(kept.packages))) return false
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
