import { closeSync, copyFileSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder, onDisk } from '@millrace/store'

/** Lets a file of the attempt be seen where the driver looks, whole or not at all. Its folder's names last from then. */
export function publish(file: string, marker: string): void {
  onDisk('write', marker, () => {
    makeFolder(dirname(marker))
    syncFolder(dirname(file))
    const temporary = `${file}.marker`
    try {
      linkSync(file, temporary)
    } catch {
      // some file systems have no hard links
      copyFileSync(file, temporary)
      sync(temporary)
    }
    renameSync(temporary, marker)
    // where both are one file already, a rename does nothing
    unlinkIfThere(temporary)
  })
  syncFolder(dirname(marker))
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {}
}

/** Names are on the disk only once their folder is; not every file system knows how. */
function syncFolder(path: string): void {
  try {
    sync(path)
  } catch {}
}

function sync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
