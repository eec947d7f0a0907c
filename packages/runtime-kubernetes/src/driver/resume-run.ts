import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import type { RunFolder, RunInfo, Store } from '@millrace/store'

/** The run of a driver: one to do, or the first and last event of one that a pod of the same Job has ended. */
export type OwnRun = { readonly folder: RunFolder } | { readonly ended: readonly Event[] }

/** Beside the journal: which Job's driver the run has. */
const driverFile = 'driver.json'

/**
 * Goes on with the run of a plan, or begins it: an apply is one run, also where the pod of its driver is lost between
 * the end of the run and its own, and Kubernetes starts another.
 *
 * @param job uid of the driver's Job
 * @param graph canonical JSON of the Graph, which a new run keeps
 */
export function resumeRun({ runs }: Store, info: RunInfo, job: string, graph: string): OwnRun {
  const last = runs.list().find(({ pipeline, plan }) => pipeline === info.pipeline && plan === info.plan)
  if (last?.finished !== undefined && driverOf(runs, last.id) === job) return { ended: endsOf(runs.events(last.id)) }
  const folder = runs.resume(info, { evenIfHeld: true }) ?? runs.create(info, graph)
  runs.write(folder.id, driverFile, JSON.stringify({ job }))
  return { folder }
}

function driverOf(runs: Store['runs'], id: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(runs.path(id), driverFile), 'utf8')) as { readonly job?: string }).job
  } catch {
    return undefined
  }
}

/** How the run that was gone on with last began and ended. */
function endsOf(events: Iterable<Event>): Event[] {
  let [first, last]: (Event | undefined)[] = []
  for (const event of events) {
    if (event.event === 'run.started') first = event
    if (event.event === 'run.finished') last = event
  }
  return [first, last].filter((event) => event !== undefined)
}
