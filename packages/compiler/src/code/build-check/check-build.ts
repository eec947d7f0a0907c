import { readFileSync } from 'node:fs'
import { type Diagnostic, type Digest, digestBytes, digestJson } from '@millrace/ir'
import { type CacheFolder, cachePath, readCache, writeCache } from '../toolchain/cache-file.ts'
import { importOrNothing, valueAt } from '../toolchain/namespaces.ts'
import { printerVersion } from '../toolchain/tools.ts'

/** Where a pipeline is defined. */
export interface BuildSite {
  readonly pipeline: string
  /** Absolute path. */
  readonly file: string
  /** 1-based place of the `pipeline(…)` call. */
  readonly line: number
  readonly column: number
}

export interface CheckOptions extends CacheFolder {
  /** Imports a module by its file URL, in the same way as the program was. */
  importModule(url: string): Promise<Readonly<Record<string, unknown>>>
  /** Whether a value is a stage or a pipeline of millrace: what it gives when called is a value to come. */
  isCallable(value: unknown): boolean
}

/** A value that a build calls, by the module it is imported from and its path there. */
export interface Question {
  readonly url: string
  readonly path: readonly string[]
  readonly callable: boolean
}

/** What was found in one file. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[]
  /** What the findings rest on besides the file. */
  readonly questions: readonly Question[]
}

/**
 * Finds uses of values to come that no proxy can trap, in the source of each `build`: `===` and its kin, conditions,
 * `!`, `&&`, `||`, `??`, `switch`. Each is a diagnostic `ref-as-value` at the place of the value; at.node is null.
 *
 * What can't be followed is not reported: a `build` from another file, a file that doesn't parse. With a cache that
 * still holds no parser is loaded.
 */
export async function checkBuilds(sites: readonly BuildSite[], options: CheckOptions): Promise<Diagnostic[]> {
  const byFile = new Map<string, BuildSite[]>()
  for (const site of sites) byFile.set(site.file, [...(byFile.get(site.file) ?? []), site])
  const found: Diagnostic[] = []
  for (const [file, inFile] of byFile) found.push(...(await checkFile(file, inFile, options)))
  return found
}

async function checkFile(file: string, sites: readonly BuildSite[], options: CheckOptions) {
  const text = read(file)
  if (text === undefined) return []
  const path = options.cache === undefined ? undefined : cachePath(options.cache, 'builds', file)
  const fingerprint = fingerprintOf(file, digestBytes(text), sites)
  const kept = path === undefined ? undefined : readCache<Findings>(path, { fingerprint })
  if (kept && (await stillAnswered(kept, options))) return kept.diagnostics
  const { findInBuilds } = await import('./find-in-builds.ts')
  const findings = await findInBuilds(file, text, sites, options)
  if (path !== undefined) writeCache(path, { fingerprint }, findings, options)
  return findings.diagnostics
}

const fingerprintOf = (file: string, digest: Digest, sites: readonly BuildSite[]): Digest =>
  digestJson({
    format: 1,
    printer: printerVersion,
    file,
    digest,
    sites: sites.map(({ pipeline, line, column }) => ({ pipeline, line, column })),
  })

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch {
    return undefined
  }
}

async function stillAnswered({ diagnostics, questions }: Findings, options: CheckOptions): Promise<boolean> {
  try {
    if (!Array.isArray(diagnostics)) return false
    for (const { url, path, callable } of questions) {
      const namespace = await importOrNothing(url, options.importModule)
      if (options.isCallable(valueAt(namespace, path)) !== callable) return false
    }
    return true
  } catch {
    // a damaged cache
    return false
  }
}
