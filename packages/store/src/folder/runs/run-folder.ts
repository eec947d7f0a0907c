import { dirname, join } from 'node:path'
import { type Event, withChecksum } from '@millrace/ir'
import { put } from '../../files/atomic-write.ts'
import { onDisk } from '../../files/file-errors.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { refuseLink } from '../../files/own-folders.ts'
import { safeName } from '../../files/safe-name.ts'
import { References, type Referrer } from '../coordination/references.ts'
import type { RunLock } from '../coordination/run-lock.ts'
import { type Attempts, FolderAttempts } from '../results/attempts.ts'
import { Journal } from './journal.ts'
import { lastEvent } from './journal-reader.ts'
import { journalOf, type RunEnd, type RunInfo, summaryOf } from './run-summary.ts'

/** The folder of a run that this process owns. */
export interface RunFolder extends Referrer {
  readonly id: string
  readonly path: string
  /** Whether it goes on with what another process began. */
  readonly resumed: boolean
  /** When the run began: RFC 3339. */
  readonly started: string
  readonly attempts: Attempts
  /** Adds a line to the journal; within 20 ms it is written. After `finish` and `release` it does nothing. */
  append(event: Event): void
  /** All lines so far are written (not fsynced) when this returns. */
  flush(): void
  /** Call it after `run.finished` was appended: writes summary.json, fsyncs the journal, gives the run back. */
  finish(end: RunEnd): void
  /** Where an attempt's output goes (absolute; its folder is created): `logs/prepare+clean_2_0.1.log` for `prepare/clean[2][0]`, attempt 1. */
  logFile(node: string, index: readonly number[] | undefined, attempt: number): string
  /** Gives the run back without an end. */
  release(): void
}

interface OpenedRun {
  readonly id: string
  readonly path: string
  readonly scratch: string
  readonly resumed: boolean
  readonly info: RunInfo & { readonly started: string }
  readonly lock: RunLock
  /** Called once the run needs no other go. */
  readonly done: () => void
}

export function runFolder({ id, path, scratch, resumed, info, lock, done }: OpenedRun): RunFolder {
  const journal = new Journal(journalOf(path))
  const uses = new References(path, id)
  const attempts = new FolderAttempts(dirname(dirname(path)), id)
  return {
    id,
    path,
    resumed,
    started: info.started,
    attempts,
    append: (event) => journal.append(event),
    flush: () => journal.flush(),
    use: (from, attempts) => uses.use(from, attempts),
    finish(end) {
      journal.close(true)
      uses.close()
      attempts.close()
      const last = lastEvent(journalOf(path))
      const ended = last?.event === 'run.finished' && last.status === end.status
      const { pipeline, plan, parameters, started } = info
      const { status, counts, seconds, finished } = end
      const summary = { pipeline, plan, parameters, status, started, finished, seconds, counts }
      put(scratch, summaryOf(path), withChecksum({ ...summary, ...(ended && { journal: journal.size }) }))
      if (ended && status === 'succeeded') done()
      lock.release()
    },
    logFile(node, index, attempt) {
      const file = join(path, 'logs', `${[safeName(node), ...(index ?? [])].join('_')}.${attempt}.log`)
      refuseLink(dirname(file))
      onDisk('create', file, () => makeFolder(dirname(file)))
      return file
    },
    release() {
      try {
        journal.close(false)
        uses.close()
        attempts.close()
      } finally {
        lock.release()
      }
    },
  }
}
