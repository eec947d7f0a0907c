import { join } from 'node:path'
import { untouched } from '../../files/atomic-write.ts'
import { readReferences, type Used } from '../coordination/references.ts'
import { type KnownManifest, type KnownPack, type KnownRun, runOfAttempt } from './prune-survey.ts'

export interface PruneOptions {
  /** Milliseconds: removes the runs whose last event is older, and the results that no other run made or used. */
  readonly olderThan?: number
  /** Keeps the last n runs of each pipeline, however old; without `olderThan` it removes all other runs. */
  readonly keep?: number
  /** Only runs of this pipeline are removed. */
  readonly pipeline?: string
  /** Only tells what would be removed. Default false. */
  readonly dryRun?: boolean
}

/** What a store holds. Attempts are listed first, then runs, then results: whoever commits is seen by one of them. */
export interface Survey {
  readonly root: string
  readonly attempts: readonly string[]
  readonly runs: readonly KnownRun[]
  readonly manifests: readonly KnownManifest[]
  readonly packs: readonly KnownPack[]
}

/** What is removed, each with why. */
export interface Choice {
  readonly runs: ReadonlyMap<KnownRun, string>
  readonly manifests: ReadonlyMap<KnownManifest, string>
  readonly packs: ReadonlyMap<KnownPack, string>
  readonly attempts: ReadonlyMap<string, string>
  /** Runs whose logs belong to results that stay. */
  readonly told: ReadonlySet<string>
}

/** The runs to remove: by age, by number, by both. */
export function oldRuns(runs: readonly KnownRun[], options: PruneOptions): Map<KnownRun, string> {
  const { olderThan, keep, pipeline } = options
  const chosen = new Map<KnownRun, string>()
  if (olderThan === undefined && keep === undefined) return chosen
  const before = Date.now() - (olderThan ?? 0)
  const seen = new Map<string, number>()
  for (const run of [...runs].sort((a, b) => (a.id < b.id ? 1 : -1))) {
    if (!run.summary) continue
    const name = run.summary.pipeline
    const rank = seen.get(name) ?? 0
    seen.set(name, rank + 1)
    if (run.live || (pipeline !== undefined && name !== pipeline)) continue
    if (rank < (keep ?? 0) || (olderThan !== undefined && run.last >= before)) continue
    chosen.set(run, olderThan === undefined ? 'not among the last' : 'old')
  }
  return chosen
}

/**
 * What goes: with the chosen runs the results that no other run made or used, and in any case what nothing refers to.
 *
 * @param now the runs as they are now: what they use stays, and so does what a run made that is not in the survey
 */
export function choose(
  survey: Survey,
  old: ReadonlyMap<KnownRun, string>,
  now: readonly KnownRun[],
  options: PruneOptions,
): Choice {
  const goes = new Set([...old.keys()].map(({ id }) => id))
  const kept = new Map(now.filter(({ id, summary, live }) => !goes.has(id) && (summary || live)).map((r) => [r.id, r]))
  const live = new Set([...survey.runs, ...now].filter((run) => run.live && !goes.has(run.id)).map(({ id }) => id))
  const known = new Set(survey.runs.map(({ id }) => id))
  const used: Used = { runs: new Set(), attempts: new Set() }
  const held: Used = { runs: new Set(), attempts: new Set() }
  for (const { id, path } of kept.values()) {
    readReferences(path, used)
    // all that a live or new run uses is kept
    if (live.has(id) || !known.has(id)) readReferences(path, held)
  }
  const isNew = (run: string): boolean => live.has(run) || (kept.has(run) && !known.has(run))
  const byRuns = options.olderThan !== undefined || options.keep !== undefined
  const isOld = (run: string, written: number): boolean =>
    byRuns &&
    !kept.has(run) &&
    !used.runs.has(run) &&
    (goes.has(run) || options.olderThan === undefined || written < Date.now() - options.olderThan) &&
    (goes.has(run) || options.pipeline === undefined)

  const manifestGoes = ({ run, current, lost, files, written }: KnownManifest): string | undefined => {
    if (run === undefined) return live.size > 0 ? undefined : 'damaged'
    if (isNew(run) || files.some((attempt) => held.attempts.has(attempt))) return undefined
    if (!current) return 'superseded'
    if (lost) return 'its files have gone'
    if (files.length > 0 ? files.some((attempt) => used.attempts.has(attempt)) : used.runs.has(run)) return undefined
    return isOld(run, written) ? 'not used' : undefined
  }
  const manifests = chosen(survey.manifests, manifestGoes)
  const packs = chosen(survey.packs, ({ run, written }) => (isOld(run, written) ? 'not used' : undefined))

  const needed = new Set(held.attempts)
  const told = new Set(used.runs)
  const need = (attempts: Iterable<string>): void => {
    for (const attempt of attempts) needed.add(attempt)
  }
  for (const run of kept.values()) need(run.attempts)
  for (const manifest of survey.manifests) {
    if (manifests.has(manifest)) continue
    need(manifest.attempts)
    if (manifest.run !== undefined) told.add(manifest.run)
  }
  for (const pack of survey.packs) {
    if (packs.has(pack)) continue
    need(pack.attempts)
    told.add(pack.run)
  }
  const had = new Set([...survey.manifests, ...survey.packs].flatMap(({ attempts }) => [...attempts]))
  const attempts = chosen(survey.attempts, (attempt) => {
    if (needed.has(attempt)) return undefined
    const run = runOfAttempt(attempt)
    if (run === undefined ? !untouched(join(survey.root, 'attempts', attempt)) : isNew(run)) return undefined
    return had.has(attempt) ? 'its result goes' : 'no result'
  })
  return { runs: old, manifests, packs, attempts, told }
}

function chosen<T>(all: readonly T[], why: (item: T) => string | undefined): Map<T, string> {
  const found = new Map<T, string>()
  for (const item of all) {
    const reason = why(item)
    if (reason !== undefined) found.set(item, reason)
  }
  return found
}
