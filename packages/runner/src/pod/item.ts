import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestJson, isObject, type WorkItem } from '@millrace/ir'
import { StageFailure } from '../failure.ts'
import type { PodPaths } from './paths.ts'

const lookEvery = 100

/** Where a pod's work comes from: a driver's folder, or what another engine hands to its pods. */
export interface ItemSource {
  /** @throws StageFailure when none comes, or one that this runner can't read */
  next(): Promise<WorkItem>
}

/** The item that a driver puts into its folder; `milliseconds`: how long it may take until it is seen here. */
export const releasedItem = (place: PodPaths, milliseconds: number, stop: AbortSignal): ItemSource => ({
  next: () => awaitItem(place, milliseconds, stop),
})

async function awaitItem(place: PodPaths, milliseconds: number, stop: AbortSignal): Promise<WorkItem> {
  const until = performance.now() + milliseconds
  for (;;) {
    const found = read(place.item)
    if (typeof found === 'object') return ofThisVersion(place, found)
    if (performance.now() >= until) throw notThere(place, found, milliseconds)
    await sleep(lookEvery, undefined, { signal: stop })
  }
}

function ofThisVersion({ job }: PodPaths, item: WorkItem): WorkItem {
  if (item.version === 1) return item
  throw new StageFailure(
    'invalid-input',
    `the input of "${job}" has version ${JSON.stringify(item.version)}, and this runner reads version 1`,
    'Compile and apply again, so that driver and runner are of one version.',
    { retry: false },
  )
}

/** The item, or what keeps it from being read: a volume may show a part of it first. */
function read(path: string): WorkItem | string {
  let text: string
  try {
    text = readFileSync(path).toString()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? "isn't there" : `can't be read: ${code}`
  }
  try {
    const value = JSON.parse(text) as unknown
    return isObject(value) ? (value as unknown as WorkItem) : 'is no item'
  } catch {
    return 'is not whole'
  }
}

const notThere = ({ job, item }: PodPaths, why: string, milliseconds: number): StageFailure =>
  new StageFailure(
    'store-failed',
    `the input of "${job}" did not come within ${milliseconds / 1000} s: "${item}" ${why}`,
    "Check that the driver and this pod mount the same store's volume.",
  )

/** An item that says what it was released with, for the code that is here. @throws StageFailure */
export function checkItem({ code }: PodPaths, item: WorkItem): void {
  if (item.codeDigest !== code)
    throw new StageFailure(
      'wrong-code',
      `"${item.node}" was released with the code ${item.codeDigest}, and its Job has ${code}`,
      'Compile and apply again.',
      { retry: false },
    )
  if (item.input === undefined || digestJson(item.input) !== item.inputDigest)
    throw new StageFailure(
      'invalid-input',
      `"${item.node}" got an input that is not the one it was released with`,
      'Run again when nothing else writes to the store.',
      { retry: false },
    )
}
