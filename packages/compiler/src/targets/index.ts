import { kubernetes } from './kubernetes/kubernetes.ts'
import type { Target } from './target.ts'

/** The targets of `compile`, by the names that `--target` takes. */
export const targets = { kubernetes } satisfies Readonly<Record<string, Target>>
