import { kubernetes } from './targets/kubernetes/kubernetes.ts'
import type { Target } from './targets/target.ts'

/** The targets of `compile`, by the names that `--target` takes. */
export const targets = { kubernetes } satisfies Readonly<Record<string, Target>>
