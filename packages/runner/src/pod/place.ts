import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder, onDisk } from '@millrace/store'
import { StageFailure } from '../failure.ts'
import { attemptFiles } from '../folder.ts'
import type { PodOptions } from './options.ts'

/** One attempt at one completion index, by what Kubernetes tells its pod. */
export interface PodPlace {
  readonly job: string
  readonly uid: string
  readonly index: number
  readonly code: string
  /** Path of the item. */
  readonly item: string
  /** The attempt's folder. */
  readonly folder: string
  readonly paths: ReturnType<typeof attemptFiles>
  readonly log: string
  readonly lines: string
  /** Where the driver looks for what has ended. */
  readonly done: string
  readonly failed: string
}

/** @throws StageFailure when this process was not started by a Job of ours */
export function podPlace({ own }: PodOptions): PodPlace {
  const job = variable('MILLRACE_JOB')
  const code = variable('MILLRACE_CODE')
  // both become part of a file's name
  const uid = variable('MILLRACE_POD_UID', /^[A-Za-z0-9][A-Za-z0-9._-]*$/)
  const index = variable('JOB_COMPLETION_INDEX', /^(0|[1-9]\d*)$/)
  const name = `${index}-${uid}`
  const folder = join(own, 'attempts', name)
  return {
    job,
    uid,
    index: Number(index),
    code,
    item: join(own, 'items', `${index}.json`),
    folder,
    paths: attemptFiles(folder),
    log: join(folder, 'log.txt'),
    lines: join(folder, 'log.jsonl'),
    done: join(own, 'done', `${name}.json`),
    failed: join(own, 'failed', `${name}.json`),
  }
}

function variable(name: string, pattern = /./): string {
  const value = process.env[name]
  if (value !== undefined && pattern.test(value)) return value
  throw new StageFailure(
    'internal-error',
    value === undefined
      ? `${name} is not set: this process is started by a Job of Millrace only`
      : `${name} is ${JSON.stringify(value)}, which Kubernetes never sets`,
    'Apply the manifests as they were compiled.',
    { retry: false },
  )
}

/** Makes the attempt's folder; false when this very pod has ended its work before. */
export function beginAttempt({ done, folder, paths }: PodPlace): boolean {
  if (existsSync(done)) return false
  // a container that was started again in its pod
  onDisk('remove', folder, () => rmSync(folder, { recursive: true, force: true }))
  onDisk('create', paths.files, () => makeFolder(paths.files))
  return true
}

/** 1, 2, …: how often the item was tried since it was released, this time included. */
export function attemptNumber({ folder, index, item }: PodPlace): number {
  // where Kubernetes counts, a long list of items needs no look at all that was tried
  const failures = process.env.MILLRACE_FAILURES
  if (failures) return Number(failures) + 1
  const released = statSync(item).mtimeMs
  const attempts = dirname(folder)
  const others = readdirSync(attempts).filter((name) => name.startsWith(`${index}-`) && join(attempts, name) !== folder)
  return 1 + others.filter((name) => statSync(join(attempts, name)).mtimeMs >= released).length
}

/** How many attempts at the item failed by themselves since it was released: the driver tells of those that were killed. */
export function failuresOf({ failed, index, item }: PodPlace): number {
  const released = statSync(item).mtimeMs
  const folder = dirname(failed)
  if (!existsSync(folder)) return 0
  const all = readdirSync(folder).filter((name) => name.startsWith(`${index}-`) && name.endsWith('.json'))
  return all.filter((name) => statSync(join(folder, name)).mtimeMs >= released).length
}
