import type { KindCode } from './kind.ts'
import { python } from './python.ts'
import { typescript } from './typescript.ts'

/** The kinds of stages that can be compiled. */
export const kinds: readonly KindCode[] = [typescript, python]
