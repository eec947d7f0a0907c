import { statSync } from 'node:fs'
import { extname } from 'node:path'
import type { Digest } from '@millrace/ir'
import type { Evidence } from '../toolchain/evidence.ts'
import { pythonSources } from './python-sources.ts'

/** What an asset consists of. */
export interface AssetContent {
  readonly digest: Digest
  /** By absolute path; of a folder the folder. */
  readonly sources: ReadonlyMap<string, Digest>
}

/**
 * The content of an asset: a file's bytes, a folder's digest, of a Python script also what it imports beside it and
 * its lock. Undefined where there is nothing.
 *
 * @param top the folder of the nearest package.json: a script's lock is looked for up to there
 */
export function digestAsset(path: string, top: string, evidence: Evidence): AssetContent | undefined {
  if (!evidence.exists(path)) return undefined
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const digest = evidence.folder(path)
    return { digest, sources: new Map([[path, digest]]) }
  }
  if (evidence.read(path) === undefined) return undefined
  if (extname(path) === '.py') {
    const { digest, files } = pythonSources(path, top, evidence)
    return { digest, sources: new Map(files.map((source) => [source, evidence.digest(source)])) }
  }
  const digest = evidence.digest(path)
  return { digest, sources: new Map([[path, digest]]) }
}
