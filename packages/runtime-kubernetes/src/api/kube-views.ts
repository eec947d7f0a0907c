import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { Exit, JobView, PodView } from './views.ts'

/** The field manager of a driver's patches. */
export const driverManager = 'millrace-driver'

export function jobView(job: V1Job): JobView {
  const { metadata = {}, spec, status } = job
  const end = status?.conditions?.find(({ type, status }) => status === 'True' && ['Complete', 'Failed'].includes(type))
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    version: metadata.resourceVersion ?? '',
    suspend: spec?.suspend === true,
    completions: spec?.completions,
    parallelism: spec?.parallelism,
    backoffLimit: spec?.backoffLimit,
    annotations: metadata.annotations ?? {},
    owners: (metadata.ownerReferences ?? []).map(({ apiVersion, kind, name, uid }) => ({
      apiVersion,
      kind,
      name,
      uid,
    })),
    started: status?.startTime !== undefined,
    end: end === undefined ? undefined : end.type === 'Complete' ? 'complete' : 'failed',
    why: end?.type === 'Failed' ? [end.reason, end.message].filter(Boolean).join(': ') : undefined,
    suspendedBy: suspendedBy(job),
  }
}

/** The manager that owns `spec.suspend` and isn't a driver; of several the last. */
function suspendedBy({ metadata }: V1Job): string | undefined {
  const owns = (fields: object | undefined): boolean =>
    'f:suspend' in ((fields as { readonly 'f:spec'?: object } | undefined)?.['f:spec'] ?? {})
  return (
    (metadata?.managedFields ?? [])
      .filter(({ fieldsV1, manager }) => manager !== driverManager && owns(fieldsV1))
      // a time as the server sends it is a string, whatever the type says
      .sort((a, b) => Date.parse(String(a.time ?? 0)) - Date.parse(String(b.time ?? 0)))
      .at(-1)?.manager
  )
}

export function podView(pod: V1Pod): PodView {
  const { metadata = {}, status } = pod
  const main = status?.containerStatuses?.find(({ name }) => name === 'main')
  const ended = main?.state?.terminated
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    job: metadata.labels?.['batch.kubernetes.io/job-name'] ?? '',
    jobUid: metadata.labels?.['batch.kubernetes.io/controller-uid'] ?? '',
    index: Number(metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? 0),
    failures: failuresBefore(metadata.annotations ?? {}),
    phase: (status?.phase as PodView['phase'] | undefined) ?? 'Unknown',
    begun: main?.state?.running !== undefined || (ended !== undefined && !unstarted.has(ended.reason ?? '')),
    waits: waitsFor(pod),
    disrupted:
      ended?.reason === 'ContainerStatusUnknown' ||
      status?.conditions?.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True') === true,
    deleted: metadata.deletionTimestamp !== undefined,
    exit: exitOf(pod, ended),
  }
}

/** What the Job controller counts of an index, those that its failure policy ignores too. */
function failuresBefore(annotations: { readonly [name: string]: string }): number | undefined {
  const [counted, ignored] = ['failure', 'ignored-failure'].map(
    (what) => annotations[`batch.kubernetes.io/job-index-${what}-count`],
  )
  if (counted === undefined || !/^\d+$/.test(counted)) return undefined
  return Number(counted) + (Number(ignored ?? 0) || 0)
}

/** How container runtimes tell of a container whose process they could not start. */
const unstarted = new Set(['StartError', 'ContainerCannotRun'])

function exitOf(
  { status }: V1Pod,
  ended: { readonly exitCode: number; readonly reason?: string; readonly message?: string } | undefined,
): Exit | undefined {
  // the kubelet ends a pod past its deadline as a whole
  if (status?.phase === 'Failed' && status.reason !== undefined)
    return { code: ended?.exitCode ?? -1, reason: status.reason, message: status.message ?? '' }
  return ended && { code: ended.exitCode, reason: ended.reason ?? 'Error', message: ended.message ?? '' }
}

/** What a container waits for that is only on its way. */
const usual = new Set(['ContainerCreating', 'PodInitializing'])

function waitsFor({ status }: V1Pod): string | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False' && scheduled.reason !== 'SchedulerError')
    return `${scheduled.reason ?? 'Unschedulable'}: ${scheduled.message ?? ''}`
  const waiting = status?.containerStatuses?.find(({ name }) => name === 'main')?.state?.waiting
  if (waiting?.reason === undefined || usual.has(waiting.reason)) return undefined
  return `${waiting.reason}: ${waiting.message ?? ''}`
}
