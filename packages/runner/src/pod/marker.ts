import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DoneMarker, FailedMarker } from '@millrace/ir'
import { makeFolder, onDisk } from '@millrace/store'

/**
 * Lets a marker be seen where the driver looks, whole or not at all; it lasts from then, as does what the attempt wrote
 * before.
 *
 * @param folder of the attempt
 */
export function publish(marker: string, value: DoneMarker | FailedMarker, folder: string): void {
  const temporary = join(dirname(marker), `.${basename(marker)}.${randomBytes(6).toString('hex')}.tmp`)
  onDisk('write', marker, () => {
    makeFolder(dirname(marker))
    syncFolder(folder)
    const fd = openSync(temporary, 'wx')
    try {
      writeFileSync(fd, JSON.stringify(value))
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, marker)
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
