import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { canonical, type Diagnostic, type Json } from '@millrace/ir'
import { userConditions } from '../modules/resolve-import.ts'
import { type CacheFolder, cachePath, readAnyCache, writeCache } from '../toolchain/cache-file.ts'
import { type EvidenceRecord, stillHolds } from '../toolchain/evidence.ts'
import { exported, type ImportModule } from '../toolchain/namespaces.ts'
import { contractNumber, printerVersion } from '../toolchain/tools.ts'
import { type KeptPackage, PackageContents } from './package-contents.ts'
import type { CodeIndex, CodeRequest, StageCode } from './stage-code.ts'

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
    // saves the new marks of files with the same bytes, so that these are read only once
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
