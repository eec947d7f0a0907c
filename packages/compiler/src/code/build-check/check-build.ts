import { readFileSync } from 'node:fs'
import { type Diagnostic, type Digest, digestBytes, digestJson } from '@millrace/ir'
import { cachePath, readCache, writeCache } from '../toolchain/cache-file.ts'
import { importOrNothing, valueAt } from '../toolchain/namespaces.ts'
import { printerVersion } from '../toolchain/tools.ts'
import type { BuildSite, CheckOptions, Findings } from './build-site.ts'

/**
 * Finds uses of values to come that no proxy can trap, in the source of each `build`: `===` and its kin, conditions,
 * `!`, `&&`, `||`, `??`, `switch`. Each is a diagnostic `ref-as-value` at the place of the value; at.node is null, or the
 * stage whose words they are.
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
    sites: sites.map(({ pipeline, line, column, stage }) => ({ pipeline, line, column, ...(stage ? { stage } : {}) })),
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
