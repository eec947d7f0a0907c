import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type CodeIndex, digestPackage, markPackage } from '@millrace/compiler'
import { type ArtifactValue, type Digest, digestBytes } from '@millrace/ir'
import type { Reader } from '@millrace/runtime-local'
import type { StageDefinition } from '@millrace/sdk'
import { markOf, verifyArtifact } from '@millrace/store'
import { shortPath } from '../short-path.ts'
import { changedSinceStart, codeMark, nothing } from './code-file.ts'
import { type CodeFile, type CodePackage, codeFiles, codePackages } from './code-files.ts'
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
    if (!found) return { here: [], loading: [], loaded: [], bundle: [], bundleLoading: [] }
    const loaded = this.#loadedModules()
    const files = codeFiles(this.#code, found)
    const late = files.filter(({ path }) => !loaded.has(path))
    const text = files.flatMap(({ path }) => (loaded.has(path) ? [textOf(path)] : [])).join('\n')
    const packages = codePackages(this.#code, found)
    const watch = (some: readonly CodeFile[], seldom = false) => [
      ...some.map((file) => this.#file(file)),
      ...packages.map((used) => this.#package(used, seldom)),
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

  /** @param seldom looks at it so seldom that it costs little beside calls that take no time */
  #package({ id, root, digest, mark }: CodePackage, seldom: boolean): Watched {
    return this.#once(`${seldom ? 'seldom' : 'package'} ${root}`, () => ({
      source: id,
      mark: seldom ? nowAndThen(() => markPackage(root).text) : () => markPackage(root).text,
      isPlanned: () => digestPackage(root) === digest,
      seen: mark,
    }))
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

const isModule = /\.(?:[cm]?[jt]sx?|json)$/

/** A look at most takes this part of the time. */
const share = 1 / 20

/** What a function gave, until it may be asked again. */
function nowAndThen<T>(look: () => T): () => T {
  let next = 0
  let last: T
  return () => {
    const began = performance.now()
    if (began < next) return last
    last = look()
    const ended = performance.now()
    next = ended + (ended - began) / share
    return last
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
