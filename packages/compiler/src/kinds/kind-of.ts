import type { StageCode } from '@millrace/ir'
import { kinds } from './index.ts'
import type { KindCode } from './kind.ts'

/** What is known of a stage's kind, among those of Millrace and others; undefined for one that nobody can compile. */
export const kindOf = ({ kind }: StageCode, others: readonly KindCode[] = []): KindCode | undefined =>
  [...kinds, ...others].find((known) => known.kind === kind)

/** Whether a stage's code is a function that a module exports. */
export const isExported = (code: StageCode): boolean =>
  kinds.some((known) => known.kind === code.kind && isFunction(known))

export const isFunction = ({ digest, read }: KindCode): boolean => digest === undefined && read === undefined
