import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CodeIndex } from '@millrace/compiler'
import { type ArtifactValue, type Digest, digestBytes } from '@millrace/ir'
import type { Reader } from '@millrace/runtime-local'
import type { StageDefinition } from '@millrace/sdk'
import { markOf, verifyArtifact } from '@millrace/store'
import { shortPath } from '../short-path.ts'
import { changedSinceStart, codeMark, nothing } from './code-file.ts'
import { type CodeFile, codeFiles } from './code-files.ts'
import { assetsIn } from './stage-loader.ts'

/** Something that was digested when a run was planned. */
interface Watched {
  readonly source: string
  mark(): string | undefined
  /** Compares bytes; `first`: for the first time. */
  isPlanned(first: boolean): boolean | Promise<boolean>
  /** When its bytes were last seen to be those. */
  seen?: string
}

/** Who reads what of one stage. */
type Readers = { readonly [reader in Reader]: readonly Watched[] }

/** The files of a run's stages: whether those that are still to be read are as they were planned. */
export class WatchedCode {
  readonly #code: CodeIndex
  readonly #stages: ReadonlyMap<string, StageDefinition>
  readonly #asset: (path: string) => ArtifactValue | undefined
  readonly #watched = new Map<string, Watched>()
  readonly #readers = new Map<string, Readers>()
  #loaded: ReadonlySet<string> | undefined

  constructor(
    code: CodeIndex,
    stages: ReadonlyMap<string, StageDefinition>,
    asset: (path: string) => ArtifactValue | undefined,
  ) {
    this.#code = code
    this.#stages = stages
    this.#asset = asset
    for (const stage of code.stages.values())
      for (const file of codeFiles(code, stage)) if (isFolder(file.path)) this.#file(file)
  }

  /** A file of a stage, among those that its reader may still read, that is no longer as it was planned. */
  async changed(stage: string, reader: Reader): Promise<string | undefined> {
    for (const file of this.#readersOf(stage)[reader]) {
      const mark = file.mark()
      if (mark !== undefined && mark === file.seen) continue
      if (mark === undefined || !(await file.isPlanned(file.seen === undefined))) return file.source
      file.seen = mark
    }
    return undefined
  }

  #readersOf(stage: string): Readers {
    const known = this.#readers.get(stage)
    if (known) return known
    const readers = this.#read(stage)
    this.#readers.set(stage, readers)
    return readers
  }

  #read(stage: string): Readers {
    const found = this.#code.stages.get(stage)
    if (!found) return { here: [], loading: [], loaded: [] }
    const loaded = this.#loadedModules()
    const files = codeFiles(this.#code, found)
    const late = files.filter(({ path }) => !loaded.has(path))
    const text = files.flatMap(({ path }) => (loaded.has(path) ? [textOf(path)] : [])).join('\n')
    const watch = (some: readonly CodeFile[]) => [...some.map((file) => this.#file(file)), ...assets]
    const assets = this.#assets(stage)
    return {
      here: watch(requires.test(text) ? files : late),
      loading: watch(files),
      // what this process loaded at its start may be loaded on demand there
      loaded: watch(requires.test(text) || imports.test(text) ? files : late),
    }
  }

  /** The modules that this process has surely loaded. */
  #loadedModules(): ReadonlySet<string> {
    // imports may have been other ones then
    this.#loaded ??= new Set(this.#code.modules.some(changedSinceStart) ? [] : this.#code.modules)
    return this.#loaded
  }

  #file({ source, path, digest }: CodeFile): Watched {
    return this.#once(path, () => {
      const mark = () => codeMark(path)?.text
      // only the compiler can take a folder's digest: it must not be written to at all
      if (isFolder(path)) return { source, mark, isPlanned: () => false, seen: mark() ?? '' }
      return { source, mark, isPlanned: () => holds(path, digest) }
    })
  }

  /** The assets that are defaults of its input, which stands in no call. */
  #assets(stage: string): Watched[] {
    const definition = this.#stages.get(stage)
    return assetsIn(definition?.inputSchema ?? {}).flatMap((url) => {
      const path = fileURLToPath(url)
      const artifact = this.#asset(path)
      if (!artifact) return []
      const kind = () => (isFolder(path) ? 'folder' : 'file')
      return this.#once(`asset ${path}`, () => ({
        source: shortPath(path),
        mark: () => (statSync(path, { throwIfNoEntry: false }) ? markOf(path, kind()) : undefined),
        // the length of a large one is enough as long as nobody wrote to it
        isPlanned: (first) => verifyArtifact(artifact, kind(), { full: !first, strict: true }),
      }))
    })
  }

  #once(key: string, make: () => Watched): Watched {
    const watched = this.#watched.get(key) ?? make()
    this.#watched.set(key, watched)
    return watched
  }
}

const requires = /\brequire\s*\(/
const imports = /\bimport\s*\(/

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function holds(path: string, digest: Digest): boolean {
  try {
    return digestBytes(readFileSync(path)) === digest
  } catch (error) {
    return nothing(error) ?? false
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return nothing(error) ?? ''
  }
}
