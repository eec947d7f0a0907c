import type { Diagnostic, Digest } from '@millrace/ir'
import type { WantedStage } from '../modules/find-stages.ts'
import type { CacheFolder } from '../toolchain/cache-file.ts'
import type { FirstSeen, PackageContent } from './package-contents.ts'

export interface CodeRequest extends CacheFolder {
  /** Default: every package is what it was published as. */
  readonly firstSeen?: FirstSeen
  /** Absolute path of the program. */
  readonly entry: string
  /** The stages to find, each under a key of the caller's. */
  readonly stages: readonly WantedStage[]
  /** Imports a module by its file URL, in the same way as the program was. */
  importModule(url: string): Promise<Readonly<Record<string, unknown>>>
  /** Called when nothing that is still right is known of the program, before the slow part. */
  anew?(): void
}

export interface StageCode {
  readonly code: Digest
  /** Of the module that exports it: relative to the folder of the nearest package.json, with `/`. */
  readonly module: string
  readonly export: string
  /** Absolute path of that module. */
  readonly file: string
  /**
   * What the digest was taken over, to say which file changed: digests of what the stage uses of a module, and of the
   * bytes of assets, by their path relative to the folder of the entry's package.json; packages as `name@version`.
   */
  readonly sources: Readonly<Record<string, Digest>>
  /** Digests of the whole bytes of its modules and assets, by the same paths. */
  readonly files: Readonly<Record<string, Digest>>
  /** Whether a process that loads none of the author's modules can run it (`workerCode`). */
  readonly movable: boolean
  /** Folders of its packages. */
  readonly packages: readonly string[]
}

/** A package that some stage uses, or that one of these depends on. */
interface IndexedPackage extends PackageContent {
  /** `name@version` */
  readonly id: string
}

export interface CodeIndex {
  /** By the keys of the request; a stage that no module exports is absent, and one whose code has an error. */
  readonly stages: ReadonlyMap<string, StageCode>
  /** Absolute paths of the local modules that importing the entry loads, in the order in which they run. */
  readonly modules: readonly string[]
  /** By their folders. */
  readonly packages: ReadonlyMap<string, IndexedPackage>
  readonly diagnostics: readonly Diagnostic[]
}
