import { podFiles, podPlaces } from '@millrace/ir'
import type { ItemSource } from './item.ts'

/** Where a pod's things lie, and how long is waited for what. */
export interface PodOptions {
  /** The gzipped archive with `stage.mjs` and its assets. */
  readonly code: string
  /** The whole store; it is only read. */
  readonly store: string
  /** The Job's own folder in the store, which can be written. */
  readonly own: string
  /** For what goes with the pod. */
  readonly scratch: string
  /** Kubernetes shows the end of it as the container's last word. */
  readonly termination: string
  /** Where the item comes from. Default: the driver's folder. */
  readonly items?: (stop: AbortSignal) => ItemSource
  /** Milliseconds to wait for the driver's item: a volume may lag. */
  readonly itemWait: number
  /** Milliseconds that a stage may go on after SIGTERM; less than the pod's own grace. */
  readonly grace: number
}

export const podOptions: PodOptions = {
  code: `${podPlaces.code}/${podFiles.code}`,
  store: podPlaces.store,
  own: podPlaces.own,
  scratch: '/tmp',
  termination: podPlaces.termination,
  itemWait: 30_000,
  grace: 25_000,
}
