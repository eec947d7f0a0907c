/**
 * Where a Job's driver and its pods leave things for each other, below the store's root. Each side writes into a folder
 * of its own: a pod mounts the whole store to read it, and of it `jobs/<uid>` to write. Both are by the Job's uid, as one
 * that was deleted and applied again has its name only; nothing in them is ever removed by either.
 *
 *     jobs/<uid>/attempts/<index>-<pod uid>/      log.txt, log.jsonl, metrics.jsonl, files/, …
 *     jobs/<uid>/done/<index>-<pod uid>.json      DoneMarker
 *     jobs/<uid>/failed/<index>-<pod uid>.json    FailedMarker
 *     jobs/<uid>/stopped/<index>-<pod uid>.json   FailedMarker of a pod that was told to stop: no failure of its stage
 *     released/<uid>/release.json                 Release
 *     released/<uid>/items/<index>.json           WorkItem
 *     released/<uid>/failed/<index>-<pod uid>.json  FailedMarker that the driver writes for a pod that could not
 */
export const podsFolder = (uid: string): string => `jobs/${uid}`
export const driverFolder = (uid: string): string => `released/${uid}`

export const attemptsName = 'attempts'
export const releaseName = 'release.json'
export const itemName = (index: number): string => `items/${index}.json`

/** The folders of markers. */
export type MarkerKind = 'done' | 'failed' | 'stopped'

/** One pod's attempt at one completion index. */
export interface AttemptId {
  readonly index: number
  readonly pod: string
}

/** The name of an attempt's folder, and of its marker before `.json`. */
export const attemptName = ({ index, pod }: AttemptId): string => `${index}-${pod}`
export const markerName = (id: AttemptId): string => `${attemptName(id)}.json`

/** Kubernetes gives uids that are names of files. */
export const uidPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** The attempt of a marker's file; undefined where a name is none of a marker. */
export function attemptOfMarker(name: string): AttemptId | undefined {
  const [, index, pod] = /^(0|[1-9]\d{0,5})-([A-Za-z0-9][A-Za-z0-9._-]{0,99})\.json$/.exec(name) ?? []
  return index === undefined || pod === undefined ? undefined : { index: Number(index), pod }
}
