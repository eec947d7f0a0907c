import { afterAll, beforeAll, describe } from 'vitest'
import { absent } from './absent.ts'
import { artifacts } from './artifacts.ts'
import { cache } from './cache.ts'
import { cancel } from './cancel.ts'
import { contexts } from './contexts.ts'
import { failures } from './failures.ts'
import { here } from './here.ts'
import { lists } from './lists.ts'
import type { Kind, Place } from './runtime.ts'
import { schemas } from './schemas.ts'
import { values } from './values.ts'

const parts = { values, artifacts, absent, lists, failures, schemas, contexts, cache, cancel }

/** What every runtime must pass. Sequential in-process execution is what the others are measured by. */
export function conformance(kind: Kind): void {
  describe(kind.name, kind.tests ?? {}, () => {
    const places: Place[] = []
    beforeAll(() => {
      here.overrides = kind.overrides
    })
    afterAll(() => {
      for (const place of places) place.close()
    })
    const newPlace = (): Place => {
      const place = kind.newRuntime()
      places.push(place)
      return place
    }
    for (const [name, part] of Object.entries(parts)) describe(name, () => part(newPlace, kind))
  })
}
