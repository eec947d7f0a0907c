import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DoneMarker, FailedMarker } from '@millrace/ir'
import { makeFolder, onDisk, replaceFile } from '@millrace/store'

/**
 * Writes a marker where the driver looks, whole or not at all. From then on it survives a crash, and so does what the
 * attempt wrote before.
 *
 * @param folder of the attempt
 */
export function publish(marker: string, value: DoneMarker | FailedMarker, folder: string): void {
  onDisk('write', marker, () => {
    makeFolder(dirname(marker))
    syncFolder(folder)
    replaceFile(marker, JSON.stringify(value), { durable: true })
  })
  syncFolder(dirname(marker))
}

/** Names are on the disk only once their folder is; not every file system knows how. */
function syncFolder(path: string): void {
  try {
    const fd = openSync(path, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch {}
}
