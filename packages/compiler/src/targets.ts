import { kubernetes } from './targets/kubernetes/kubernetes.ts'
import type { Target, TargetFile } from './targets/target.ts'

/** The targets of `compile`, by the names that `--target` takes. */
export const targets = { kubernetes } satisfies Readonly<Record<string, Target>>

/** The texts of a target's files by their path: the last that is done with them. */
export async function printFiles(files: readonly TargetFile[]): Promise<ReadonlyMap<string, string>> {
  const { printAll } = await import('./targets/print.ts')
  return printAll(files)
}
