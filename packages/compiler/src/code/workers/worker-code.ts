import { digestBytes, type Json } from '@millrace/ir'
import type { CodeIndex, CodeRequest } from '../digest/stage-code.ts'
import { cachePath, readCache, writeCache } from '../toolchain/cache-file.ts'
import { throughTsx } from '../toolchain/through-tsx.ts'
import type { WorkerCode } from './worker-chunks.ts'

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
