import type { Digest } from '@millrace/ir'
import type { OutsideImports } from './worker-plugin.ts'

/**
 * The code of a program's stages as a worker of this machine loads it: what each of them needs of the author's modules,
 * bundled, with source maps. Packages stay where they are installed.
 */
export interface WorkerCode {
  /** Names the content. */
  readonly id: Digest
  /** JavaScript modules by name; they import each other as `./<name>`. */
  readonly chunks: Readonly<Record<string, string>>
  /** By stage key, the name of the chunk whose default export it is. */
  readonly stages: Readonly<Record<string, string>>
  /** What stands in the chunks for imports of what is not in them. */
  readonly outside: Readonly<OutsideImports>
}
