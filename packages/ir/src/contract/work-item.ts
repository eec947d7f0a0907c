import type { Digest } from '../digest.ts'
import type { Json } from '../json.ts'
import type { Resources } from '../resources.ts'

/** What one completion index of a Job is to run. */
export interface WorkItem {
  readonly version: 1
  readonly run: string
  readonly pipeline: string
  readonly node: string
  /** One number per enclosing map, outermost first. */
  readonly index?: readonly number[]
  readonly generation: number
  readonly key: Digest
  readonly inputDigest: Digest
  readonly codeDigest: string
  readonly seed: number
  readonly resources: Resources
  readonly timeout?: string
  /** Further attempts after the first. */
  readonly retries: number
  /** As wired; paths of artifacts are relative to the store. */
  readonly input: Json
}

/** What a Job was released with: its items by completion index, told by their input digests and keys. */
export interface Release {
  readonly version: 1
  readonly run: string
  readonly items: readonly { readonly key: Digest; readonly inputDigest: Digest }[]
}
