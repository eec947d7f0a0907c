import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readArchive } from '@millrace/ir'

/**
 * Writes the files of a stage's packed code into a folder, which is created.
 *
 * @param bytes what `packStage` of the compiler gave
 * @returns the absolute path of its module
 */
export function unpackStage(bytes: Uint8Array, folder: string): string {
  for (const { path, bytes: content, executable } of readArchive(gunzipSync(bytes))) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content, { mode: executable ? 0o755 : 0o644 })
  }
  return join(folder, 'stage.mjs')
}
