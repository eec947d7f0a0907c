import { onTestFinished } from 'vitest'
import { localPlace } from '../conformance/local.ts'
import type { Place } from '../conformance/runtime.ts'

/** The local runtime with an empty store, for one test. */
export function newPlace(settings: { readonly jobs?: number } = {}): Place {
  const place = localPlace(settings)
  onTestFinished(() => place.close())
  return place
}
