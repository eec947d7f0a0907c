import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildMillrace } from './built.ts'
import { root } from './processes.ts'

/** Programs that tests start as a user would run what is built, so it must be built from the sources as they are. */
export default function (): void {
  // before a cache in it makes it its owner's alone: some programs of tests run as somebody else
  mkdirSync(join(root, 'test/.tmp'), { recursive: true })
  buildMillrace()
}
