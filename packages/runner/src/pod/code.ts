import { readFileSync, realpathSync } from 'node:fs'
import { makeFolder, removeTree } from '@millrace/store'
import { unpackStage } from '../code-archive.ts'
import { StageFailure } from '../failure.ts'

/**
 * Unpacks a stage's code, with its assets, into a folder of its own. Gives the folder as modules in it know it.
 *
 * @throws StageFailure
 */
export function unpackCode(archive: string, folder: string): string {
  try {
    // a container that was started again in its pod
    removeTree(folder)
    makeFolder(folder)
    unpackStage(readFileSync(archive), folder)
    return realpathSync(folder)
  } catch (error) {
    throw new StageFailure(
      'wrong-code',
      `the code "${archive}" can't be unpacked: ${(error as Error).message}`,
      'Compile and apply again.',
      { retry: false, cause: error },
    )
  }
}
