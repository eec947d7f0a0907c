import { type Digest, digestBytes, type Json } from '@millrace/ir'
import type { CodeIndex, CodeRequest } from '../digest/code-index.ts'
import { cachePath, readCache, writeCache } from '../toolchain/cache-file.ts'
import { throughTsx } from '../toolchain/through-tsx.ts'
import type { OutsideImports } from './worker-plugin.ts'

/**
 * The code of a program's stages as a worker of this machine loads it: what each of them needs of the author's modules,
 * bundled, with source maps. Packages stay where they are installed.
 */
export interface WorkerCode {
  /** Names the content. */
  readonly id: Digest
  /** JavaScript modules by name; they import each other as `./<name>`. */
  readonly chunks: Readonly<Record<string, string>>
  /** By stage key, the name of the chunk whose default export it is. */
  readonly stages: Readonly<Record<string, string>>
  /** What stands in the chunks for imports of what is not in them. */
  readonly outside: Readonly<OutsideImports>
}

/**
 * Bundles the stages that an index found, as their files were when they were digested; a program that did not change
 * since the last time loads no bundler. Undefined where that can't be: they run only where the author's modules are
 * loaded.
 */
export async function workerCode(request: CodeRequest, index: CodeIndex): Promise<WorkerCode | undefined> {
  const fingerprint = fingerprintOf(index)
  const path = request.cache === undefined ? undefined : cachePath(request.cache, 'worker', request.entry)
  const known = path === undefined ? undefined : readCache<WorkerCode>(path, fingerprint)
  if (known) return known
  try {
    const { emitWorker } = await import('./emit-worker.ts')
    const emitted = await emitWorker(index)
    if (!emitted) return undefined
    const code = { id: digestBytes(JSON.stringify([emitted.chunks, emitted.outside])), ...emitted }
    if (path !== undefined) writeCache(path, fingerprint, code, request)
    return code
  } catch {
    // what the bundler can't read is told by the target that needs it
    return undefined
  }
}

const fingerprintOf = ({ stages }: CodeIndex): Json => ({
  format: 2,
  tsx: throughTsx(),
  stages: [...stages].map(([key, { code, file, export: name, files, movable }]) => [
    key,
    code,
    file,
    name,
    movable,
    files,
  ]) as unknown as Json,
})
