import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ArtifactValue, type Digest, digestBytes } from '@millrace/ir'
import type { Reader } from '@millrace/runtime-local'
import type { StageDefinition } from '@millrace/sdk'
import { markOf, verifyArtifact } from '@millrace/store'
import { shortPath } from '../short-path.ts'
import { changedSinceStart, codeMark, nothing } from './code-file.ts'
import { type CodeFile, type CodePackage, codeFiles, codePackages } from './code-files.ts'
import type { ProgramCode } from './program.ts'
import { assetsIn } from './stage-loader.ts'
import { WatchedPackage } from './watched-package.ts'

/** Something that was digested when a run was planned. */
interface Watched {
  readonly source: string
  isPlanned(): boolean | Promise<boolean>
}

/** A file or folder whose bytes are compared when somebody has written to it. */
class WatchedBytes implements Watched {
  readonly source: string
  readonly #mark: () => string | undefined
  readonly #compare: (first: boolean) => boolean | Promise<boolean>
  #seen: string | undefined

  /**
   * @param compare whether its bytes are those; `first`: it is asked for the first time
   * @param seen its mark when they were
   */
  constructor(
    source: string,
    mark: () => string | undefined,
    compare: (first: boolean) => boolean | Promise<boolean>,
    seen?: string,
  ) {
    this.source = source
    this.#mark = mark
    this.#compare = compare
    this.#seen = seen
  }

  isPlanned(): boolean | Promise<boolean> {
    const mark = this.#mark()
    if (mark === undefined) return false
    return mark === this.#seen || this.#isSame(mark)
  }

  async #isSame(mark: string): Promise<boolean> {
    const is = await this.#compare(this.#seen === undefined)
    if (is) this.#seen = mark
    return is
  }
}

/** Who reads what of one stage. */
type Readers = { readonly [reader in Reader]: readonly Watched[] }

/** The files of a run's stages: whether those that are still to be read are as they were planned. */
export class WatchedCode {
  readonly #code: ProgramCode
  readonly #stages: ReadonlyMap<string, StageDefinition>
  readonly #asset: (path: string) => ArtifactValue | undefined
  readonly #watched = new Map<string, Watched>()
  readonly #packages = new Map<string, WatchedPackage>()
  readonly #stagePackages = new Map<string, readonly WatchedPackage[]>()
  readonly #readers = new Map<string, Readers>()
  readonly #began = performance.now()
  #loaded: ReadonlySet<string> | undefined

  constructor(
    code: ProgramCode,
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
  changed(stage: string, reader: Reader): Promise<string | undefined> | undefined {
    const watched = this.#readersOf(stage)[reader]
    // without a promise as long as nothing has to be read: short calls ask, too
    for (let i = 0; i < watched.length; i++) {
      const file = watched[i] as Watched
      const is = file.isPlanned()
      if (is !== true) return changedOf(file, is, watched.slice(i + 1))
    }
    return undefined
  }

  /** A call has put down its result, which is taken back where a package turns out to have been written to before. */
  committed(stage: string, takeBack: () => void): void {
    for (const used of this.#packagesOf(stage)) used.committed(takeBack)
  }

  /** Looks again at packages on which results depend; one that changed, and whose results were taken back. */
  lastLook(): string | undefined {
    let changed: string | undefined
    for (const used of this.#packages.values()) if (used.lastLook()) changed ??= used.source
    return changed
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
    if (!found) {
      // the process that runs it reads its files, and what stands in the Plan of it is of them
      const read = (this.#code.read.get(stage)?.files ?? []).map(({ path, digest }) =>
        this.#file({ source: shortPath(path), path, digest }),
      )
      return { here: [...read, ...this.#assets(stage)], loading: [], loaded: [], bundle: [], bundleLoading: [] }
    }
    const loaded = this.#loadedModules()
    const files = codeFiles(this.#code, found)
    const late = files.filter(({ path }) => !loaded.has(path))
    const text = files.flatMap(({ path }) => (loaded.has(path) ? [textOf(path)] : [])).join('\n')
    const packages = this.#packagesOf(stage)
    const watch = (some: readonly CodeFile[], seldom = false): Watched[] => [
      ...some.map((file) => this.#file(file)),
      ...packages.map((used) => ({
        source: used.source,
        isPlanned: () => !(seldom ? used.lookNowAndThen() : used.look()),
      })),
      ...assets,
    ]
    const assets = this.#assets(stage)
    const read = files.filter(({ source }) => !isModule.test(source))
    return {
      // what a package loads on demand, it may load here at any time
      here: watch(requires.test(text) ? files : late, true),
      loading: watch(files),
      // the bundle holds the modules; assets and packages are read where they lie
      bundle: watch(read, true),
      bundleLoading: watch(read),
      // what this process loaded at its start may be loaded on demand there
      loaded: watch(requires.test(text) || imports.test(text) ? files : late, true),
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
      if (isFolder(path)) return new WatchedBytes(source, mark, () => false, mark() ?? '')
      return new WatchedBytes(source, mark, () => holds(path, digest))
    })
  }

  #packagesOf(stage: string): readonly WatchedPackage[] {
    const known = this.#stagePackages.get(stage)
    if (known) return known
    const found = this.#code.stages.get(stage)
    const packages = found ? codePackages(this.#code, found).map((used) => this.#package(used)) : []
    this.#stagePackages.set(stage, packages)
    return packages
  }

  #package(used: CodePackage): WatchedPackage {
    const watched = this.#packages.get(used.root) ?? new WatchedPackage(used, this.#began)
    this.#packages.set(used.root, watched)
    return watched
  }

  /** The assets that are defaults of its input, which stands in no call. */
  #assets(stage: string): Watched[] {
    const definition = this.#stages.get(stage)
    return assetsIn(definition?.inputSchema ?? {}).flatMap((url) => {
      const path = fileURLToPath(url)
      const artifact = this.#asset(path)
      if (!artifact) return []
      const kind = () => (isFolder(path) ? 'folder' : 'file')
      const mark = () => (statSync(path, { throwIfNoEntry: false }) ? markOf(path, kind()) : undefined)
      // the length of a large one is enough as long as nobody wrote to it
      const compare = (first: boolean) => verifyArtifact(artifact, kind(), { full: !first, strict: true })
      return this.#once(`asset ${path}`, () => new WatchedBytes(shortPath(path), mark, compare))
    })
  }

  #once(key: string, make: () => Watched): Watched {
    const watched = this.#watched.get(key) ?? make()
    this.#watched.set(key, watched)
    return watched
  }
}

const isModule = /\.(?:[cm]?[jt]sx?|json)$/

/** The first that is no longer as it was planned: of one that was asked already, and then of others. */
async function changedOf(asked: Watched, is: boolean | Promise<boolean>, others: readonly Watched[]) {
  if (!(await is)) return asked.source
  for (const other of others) if (!(await other.isPlanned())) return other.source
  return undefined
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
