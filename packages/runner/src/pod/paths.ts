import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  attemptFileNames,
  attemptName,
  attemptOfMarker,
  attemptsName,
  driverFolder,
  itemName,
  markerName,
  podVariables,
  uidPattern,
} from '@millrace/ir'
import { makeFolder, onDisk, removeTree } from '@millrace/store'
import { StageFailure } from '../failure.ts'
import { attemptFiles } from '../folder.ts'

/** One attempt at one completion index, by what Kubernetes tells its pod. */
export interface PodPaths {
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
  readonly stopped: string
  /** Where it tells of attempts that could not do so themselves. */
  readonly told: string
}

/** @throws StageFailure when this process was not started by a Job of ours */
export function podPaths({ own, store }: { readonly own: string; readonly store: string }): PodPaths {
  const job = variable(podVariables.job)
  const code = variable(podVariables.code)
  // these become part of a file's name
  const released = join(store, driverFolder(variable(podVariables.jobUid, uidPattern)))
  const uid = variable(podVariables.pod, uidPattern)
  const index = Number(variable(podVariables.completionIndex, /^(0|[1-9]\d*)$/))
  const id = { index, pod: uid }
  const folder = join(own, attemptsName, attemptName(id))
  return {
    job,
    uid,
    index,
    code,
    item: join(released, itemName(index)),
    folder,
    paths: attemptFiles(folder),
    log: join(folder, attemptFileNames.log),
    lines: join(folder, attemptFileNames.lines),
    done: join(own, 'done', markerName(id)),
    failed: join(own, 'failed', markerName(id)),
    stopped: join(own, 'stopped', markerName(id)),
    told: join(released, 'failed'),
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
export function beginAttempt({ done, failed, stopped, folder, paths }: PodPaths): boolean {
  if (existsSync(done)) return false
  // a container that was started again in its pod
  onDisk('remove', folder, () => removeTree(folder))
  // all that comes into the Job's folder itself is there before anybody reads in it (storeMarkOf)
  for (const path of [paths.files, ...[done, failed, stopped].map(dirname)])
    onDisk('create', path, () => makeFolder(path))
  return true
}

/** 1, 2, …: how often the item was tried, this time included. */
export function attemptNumber({ folder, index }: PodPaths): number {
  // where Kubernetes counts, a long list of items needs no look at all that was tried
  const failures = process.env.MILLRACE_FAILURES
  if (failures) return Number(failures) + 1
  const others = namesIn(dirname(folder)).filter(
    (name) => name.startsWith(`${index}-`) && join(dirname(folder), name) !== folder,
  )
  return 1 + others.length
}

/** How many attempts at the item failed by themselves: the driver tells of those that were killed. */
export function failuresOf({ failed, told, index }: PodPaths): number {
  const names = new Set([...namesIn(dirname(failed)), ...namesIn(told)])
  return [...names].filter((name) => attemptOfMarker(name)?.index === index).length
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])
