import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { folderLine } from '@millrace/ir'
import { type DigestOptions, digestFile, type FileDigest, refuseWritten } from './digest-file.ts'
import { walkFolder } from './walk-folder.ts'

/** How long to hash before others get a turn. */
const turn = 10

interface FolderOptions extends DigestOptions {
  /** Files and folders that it may hold. Default 4194304. */
  readonly most?: number
}

/** Digest of a folder's content (contracts: store) and its bytes: paths, bytes and x-bits; empty folders don't count. */
export async function digestFolder(path: string, options: FolderOptions = {}): Promise<FileDigest> {
  const hash = createHash('sha256')
  const others = turns()
  let size = 0
  for (const file of walkFolder(path, options)) {
    if (file.isFile) {
      size += file.size
      if (size > (options.size ?? size)) refuseWritten(path)
      const { digest } = await digestFile(file.absolute, {
        again: options.again === true,
        follow: false,
        size: file.size,
      })
      hash.update(folderLine({ ...file, digest }))
    }
    await others()
  }
  if (size !== (options.size ?? size)) refuseWritten(path)
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

/**
 * Bytes of a folder's files, and how many files and folders there are. Keeps none, and looks no further as soon as there
 * are more than `enough` bytes.
 */
export async function measureFolder(
  path: string,
  { follow = true, enough }: { readonly follow?: boolean; readonly enough: number },
): Promise<{ readonly size: number; readonly entries: number }> {
  const others = turns()
  let [size, entries] = [0, 0]
  for (const file of walkFolder(path, { sorted: false, follow })) {
    entries++
    size += file.size
    if (size > enough) break
    await others()
  }
  return { size, entries }
}

/** Lets others have a turn where this one has had its time. */
function turns(): () => Promise<void> | undefined {
  let since = performance.now()
  const rest = async (): Promise<void> => {
    await setImmediate()
    since = performance.now()
  }
  return () => (performance.now() - since < turn ? undefined : rest())
}
