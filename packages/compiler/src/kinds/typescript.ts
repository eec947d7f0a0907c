import type { KindCode } from './kind.ts'

/** A function that a module of the author's exports. */
export const typescript: KindCode = { kind: 'typescript' }
