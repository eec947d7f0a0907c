import { fstatSync, read } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { closeFile, onDisk, openRegular } from '@millrace/store'

const readAsync = promisify(read)
const atOnce = 1 << 20

/** What a file to copy turned out to be: not a regular file, or not of the size that it must have. */
export type Copied = 'copied' | 'irregular' | 'resized'

/**
 * Copies a regular file, and no more of it than it has when it is opened.
 *
 * @param size bytes that it must have, then and at its end; without, it may grow meanwhile
 */
export async function copyWhole(from: string, to: string, size?: number): Promise<Copied> {
  const fd = onDisk('read', from, () => openRegular(from))
  if (fd === undefined) return 'irregular'
  let target: FileHandle | undefined
  try {
    const stat = fstatSync(fd)
    if (stat.size !== (size ?? stat.size)) return 'resized'
    target = await open(to, 'wx', 0o600)
    const copied = await copyBytes(fd, target, stat.size)
    // without setuid bits: they would grant rights of this process's user
    await target.chmod(stat.mode & 0o777)
    // a disk of a network may say only now that it is full
    await target.close()
    return size === undefined || (copied === size && fstatSync(fd).size === size) ? 'copied' : 'resized'
  } catch (error) {
    return onDisk('copy', from, () => {
      throw error
    })
  } finally {
    closeFile(fd)
    await target?.close().catch(() => {})
  }
}

async function copyBytes(from: number, to: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(atOnce, size))
  let done = 0
  while (done < size) {
    const { bytesRead } = await readAsync(from, buffer, 0, Math.min(atOnce, size - done), null)
    if (bytesRead === 0) break
    await to.writeFile(buffer.subarray(0, bytesRead))
    done += bytesRead
  }
  return done
}
