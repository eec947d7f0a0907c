import { join } from 'node:path'
import { type ArtifactValue, checkShape, type Digest, type Schema } from '@millrace/ir'
import { artifactsOf, placed } from '../../files/artifact-paths.ts'
import type { ArtifactRoots } from '../../files/artifact-roots.ts'
import { seemsThere, verifyArtifact } from '../../files/verify-artifact.ts'
import type { Committed, Result } from '../../result.ts'
import { DeletionMarks } from '../coordination/deletion-marks.ts'
import type { Referrer } from '../coordination/references.ts'
import { attemptsIn } from './attempts-in.ts'
import type { Commit } from './manifest.ts'
import { Manifests } from './manifests.ts'
import type { Pack } from './pack.ts'
import { type Candidate, Packs } from './packs.ts'

/** The results of a store, by cache key. */
export interface Results {
  /**
   * The answers in the order of what is sought, each as it comes: a verified result, or undefined: damage is a miss,
   * never an error. Sees what was in the store at the first call, and all that this process appends and commits.
   */
  find(sought: readonly Sought[], options?: FindOptions): readonly Promise<Result | undefined>[]
  /** A writer of this run's pack. Merges packs first where there are many. */
  openPack(run: string, options: { readonly fresh: boolean }): Pack
  /**
   * Puts a manifest that points into an attempt, unless a valid result is there; returns what is current afterwards:
   * the first wins, a later one adopts it. With `replace` the new manifest becomes current at once.
   */
  commit(commit: Commit): Promise<Committed>
  /** Takes the manifest of a commit back, if it is the run's own and current: the key has no result then. */
  takeBack(commit: Pick<Commit, 'key' | 'schema' | 'digest' | 'run'>): void
}

export interface Sought {
  readonly key: Digest
  /** The stage's output schema, by which artifacts are found. */
  readonly output: Schema
  /** What the call is given: of what lies outside of the store, only that may be in its result. Default none. */
  readonly given?: () => readonly ArtifactValue[]
}

export interface FindOptions {
  /** Reads no artifact's bytes: that a file of the length is there is enough. Default false. */
  readonly unread?: boolean
  /** Reads also files above 1 GiB that were read before and have not been written to since. Default false. */
  readonly verifyFull?: boolean
  /** Is told of what is used before its bytes are verified. */
  readonly user?: Referrer
  /** Sees also what others committed after the first call; every miss then costs a look at the disk. Default false. */
  readonly meanwhile?: boolean
}

interface Found {
  readonly result: Result
  readonly manifest: boolean
}

export class FolderResults implements Results {
  readonly #manifests: Manifests
  readonly #packs: Packs
  /** Keys whose manifest `find` saw with other bytes than it says; a commit doesn't adopt it by its lengths alone. */
  readonly #damaged = new Set<Digest>()
  readonly #condemned: DeletionMarks
  readonly #places: ArtifactRoots
  readonly #byLength: boolean

  constructor(places: ArtifactRoots, isLive: (run: string) => boolean, byLength: boolean) {
    const folder = join(places.root, 'results')
    const scratch = join(folder, 'tmp')
    this.#places = places
    this.#byLength = byLength
    this.#manifests = new Manifests(places, folder, scratch)
    this.#condemned = new DeletionMarks(places.root)
    this.#packs = new Packs(join(folder, 'packs'), scratch, places, isLive)
  }

  find(sought: readonly Sought[], options: FindOptions = {}): readonly Promise<Result | undefined>[] {
    return sought.map((one) => {
      const candidates = this.#candidates(one.key, one.output, options.meanwhile === true)
      return candidates ? this.#valid(one, candidates, options) : absent
    })
  }

  /** The first candidate that is what it says. */
  async #valid(
    { key, output, given }: Sought,
    candidates: Iterable<Found>,
    { unread = false, verifyFull = false, user }: FindOptions,
  ): Promise<Result | undefined> {
    for (const { result: found, manifest } of candidates) {
      const result = this.#placed(found, output, given)
      if (!result || !this.#take(result, output, manifest, user)) continue
      if (unread) {
        if (artifactsOf(output, result.output).every(({ artifact, kind }) => seemsThere(artifact, kind))) return result
        continue
      }
      if (await this.#intact(result, output, verifyFull)) return result
      if (manifest) this.#damaged.add(key)
    }
    return undefined
  }

  openPack(run: string, { fresh }: { readonly fresh: boolean }): Pack {
    return this.#packs.open({ run, fresh })
  }

  async commit(commit: Commit): Promise<Committed> {
    const { key, schema, output, digest, metrics, run } = commit
    const own: Result = { key, output, digest, metrics, from: run }
    if (commit.replace) return this.#replace(commit, own)
    const current = await this.#adopted(this.#manifests.read(key, schema), commit)
    if (current) return { ...current, unnamed: true }
    let stands: Committed = own
    if (!this.#manifests.write(commit, false)) {
      const same = await this.#adopted(this.#manifests.sameOutput(commit), commit)
      if (same) stands = { ...same, unnamed: true }
      else this.#manifests.write(commit, true)
    }
    if (this.#manifests.point(commit, false)) return stands
    const winner = await this.#adopted(this.#manifests.read(key, schema), commit)
    if (winner) return stands.unnamed ? { ...winner, unnamed: true } : winner
    this.#manifests.point(commit, true)
    this.#damaged.delete(key)
    return stands
  }

  takeBack(commit: Pick<Commit, 'key' | 'schema' | 'digest' | 'run'>): void {
    this.#manifests.takeBack(commit)
  }

  close(): void {
    this.#packs.close()
  }

  #replace(commit: Commit, own: Result): Result {
    this.#manifests.write(commit, true)
    this.#manifests.point(commit, true)
    this.#damaged.delete(commit.key)
    return own
  }

  /** The result of another attempt, if it can be used. */
  async #adopted(found: Result | undefined, { schema, user, given }: Commit): Promise<Result | undefined> {
    const result = found && this.#placed(found, schema, given)
    if (!result || !this.#take(result, schema, true, user)) return undefined
    return (await this.#intact(result, schema, this.#damaged.has(result.key))) ? result : undefined
  }

  /** No link leads to what lies in the store, also when it was read; what was given may be one. */
  async #intact(result: Result, schema: Schema, full: boolean): Promise<boolean> {
    for (const { artifact, kind } of artifactsOf(schema, result.output)) {
      const own = this.#places.relative(artifact.path) !== undefined
      const options = { full, byLength: this.#byLength, follow: !own }
      if (!(await verifyArtifact(artifact, kind, options))) return false
      if (own && this.#places.standing(artifact.path) !== 'here') return false
    }
    return true
  }

  /** A result is another's word: its output must be one of the schema, and its artifacts must be the store's own or given. */
  #placed(result: Result, schema: Schema, given: (() => readonly ArtifactValue[]) | undefined): Result | undefined {
    if (checkShape(schema, result.output) !== undefined) return undefined
    const output = placed(this.#places, schema, result.output, given ?? (() => []))
    return output === undefined ? undefined : { ...result, output }
  }

  /** Says that it is used; false where a prune was faster. */
  #take(result: Result, schema: Schema, manifest: boolean, user: Referrer | undefined): boolean {
    const attempts = artifactsOf(schema, result.output).flatMap(({ artifact }) => attemptsIn(artifact.path))
    user?.use(manifest && attempts.length > 0 ? undefined : result.from, attempts)
    return !this.#condemned.some(attempts)
  }

  /** What may be the key's result, the one to serve first; undefined where there is none. */
  #candidates(key: Digest, schema: Schema, meanwhile: boolean): Iterable<Found> | undefined {
    const lines = this.#packs.candidates(key)
    const current = meanwhile ? this.#manifests.read(key, schema) : this.#manifests.find(key, schema)
    return lines.length > 0 || current ? ranked(lines, current, schema) : undefined
  }
}

/** Most keys of a new run have no result: they need no promise of their own. */
const absent = Promise.resolve(undefined)

/** Lines of this process, newer --fresh runs' lines, the current manifest, all other lines. */
function* ranked(lines: readonly Candidate[], current: Result | undefined, schema: Schema): Generator<Found> {
  let told = current === undefined
  for (const line of lines) {
    if (current && !told && !before(line, current)) {
      told = true
      yield { result: current, manifest: true }
    }
    const result = line.read(schema)
    if (result) yield { result, manifest: false }
  }
  if (current && !told) yield { result: current, manifest: true }
}

const before = (line: Candidate, current: Result): boolean => line.own || (line.fresh && line.run > current.from)
