import type { KubeConfig, KubernetesObject, V1Job } from '@kubernetes/client-node'
import { type TargetFile, targets } from '@millrace/compiler'
import { Failures } from '@millrace/engine'
import { annotationNames, type DiagnosticError, type Event, millisecondsOf, optionsOf, type Plan } from '@millrace/ir'
import { startTimer } from '@millrace/runner'
import { applyAll, ClusterError, deleteEnded, follow, hasEnded, type Untold } from '@millrace/runtime-kubernetes'
import { downstreamOf } from '../../reports/downstream.ts'
import { attemptsOf, newView } from '../progress/new-view.ts'
import { chosenCluster, clusterFailed, refused } from '../support/cluster-access.ts'
import { exitCodes } from '../support/exit.ts'
import type { Invocation } from '../support/invocation.ts'
import type { SubmitOptions } from '../support/options.ts'
import { chosenEnvironment, compileFor } from '../support/prepared.ts'
import { type Report, summaryLine } from '../support/report.ts'
import { say } from '../support/say.ts'
import { Signals } from '../support/signals.ts'

/** `submit`: applies what `compile` writes, and follows the driver's log as `run` follows a run. */
export async function submitCommand(invocation: Invocation, options: SubmitOptions, report: Report): Promise<number> {
  const chosen = await chosenEnvironment(invocation, options.environment)
  const { prepared, files, diagnostics } = await compileFor(invocation, options, { target: targets.kubernetes, chosen })
  report.errors(diagnostics)
  const objects = objectsIn(files)
  const jobs = objects.filter(({ kind }) => kind === 'Job').map(({ metadata }) => metadata?.name ?? '')
  const driver = jobs.at(-1) as string
  const { namespace } = chosen.environment
  try {
    const config = chosenCluster()
    if (options.retry)
      for (const name of await deleteEnded(config, namespace, jobs, driver, doneAnew(prepared.plan, objects)))
        say(`removed the Job ${name}, which had ended`)
    else if (await hasEnded(config, namespace, driver))
      say('this run is over; submit --retry goes on with one that failed, or begins a new one')
    const running = await applyAll(config, objects)
    if (running.length > 0) say(`a run of this plan is under way: ${running.join(', ')}`)
    say(`follow with: kubectl -n ${namespace} logs -f job/${driver}`)
    if (options.detach) {
      report.value({ namespace, driver })
      return exitCodes.ok
    }
    return await watch(config, { namespace, driver }, prepared.plan, options, report)
  } catch (error) {
    if (error instanceof ClusterError) throw refused(error, namespace)
    throw error
  }
}

/** The objects of manifests, in the order of their kustomizations. */
function objectsIn(files: readonly TargetFile[]): KubernetesObject[] {
  const byPath = new Map(files.map(({ path, content }) => [path, content]))
  return ['jobs', 'run'].flatMap((folder) => {
    const { resources } = byPath.get(`${folder}/kustomization.yaml`) as { readonly resources: readonly string[] }
    return resources.map((name) => byPath.get(`${folder}/${name}`) as KubernetesObject)
  })
}

/** The Jobs of what each run does anew: stages with `cache: false`, and all downstreamOf them. */
function doneAnew(plan: Plan, objects: readonly KubernetesObject[]): ReadonlySet<string> {
  const stages = plan.nodes.flatMap((node) => (node.kind === 'stage' ? [node] : []))
  const effects = stages.filter((node) => !optionsOf(plan, node).cache)
  const ids = downstreamOf(plan, new Set(effects.map(({ id }) => id)))
  const keys = new Set<unknown>(stages.flatMap(({ id, key }) => (ids.has(id) ? [key] : [])))
  const keyOf = ({ spec }: V1Job) => spec?.template?.metadata?.annotations?.[annotationNames.nodeKey]
  return new Set(objects.flatMap((job) => (keys.has(keyOf(job)) ? [job.metadata?.name ?? ''] : [])))
}

async function watch(
  config: KubeConfig,
  { namespace, driver }: { readonly namespace: string; readonly driver: string },
  plan: Parameters<typeof attemptsOf>[0],
  options: SubmitOptions,
  report: Report,
): Promise<number> {
  const signals = new Signals()
  const { timeout } = options
  const stopTimer =
    timeout === undefined
      ? undefined
      : startTimer(millisecondsOf(timeout) ?? 0, () => signals.cancel(exitCodes.timeout))
  const view = newView({ ...options, target: 'kubernetes' }, report, attemptsOf(plan))
  const failures = new Failures()
  try {
    const ended = await follow(config, {
      namespace,
      driver,
      signal: signals.signal,
      event(event: Event) {
        if (report.json) report.value(event)
        failures.follow(event)
        view.event(event)
      },
      waiting: (reason) => say(`the driver waits: ${reason}`),
    })
    view.close()
    if (ended === undefined) {
      say('the run goes on in the cluster; submit again to follow it')
      return signals.exit ?? exitCodes.interrupt
    }
    if ('ended' in ended) throw untold(driver, namespace, ended)
    if (!report.json && ended.status === 'succeeded') report.value(ended.output)
    report.errors(ended.errors, undefined, failures)
    say(`${summaryLine(ended.counts, ended.seconds)}`)
    return ended.status === 'succeeded' ? exitCodes.ok : exitCodes.stageFailed
  } finally {
    stopTimer?.()
    view.close()
    signals.release()
  }
}

function untold(driver: string, namespace: string, { ended, why }: Untold): DiagnosticError {
  const pod = 'its pod and the log of that are gone'
  if (ended === 'complete')
    return clusterFailed(
      `the run of the driver "${driver}" succeeded, but ${pod}`,
      'Submit with --retry: what is in the store is taken from there, and the run is told again.',
    )
  return clusterFailed(
    `the driver "${driver}" failed without an end of the run: ${why ?? pod}`,
    `Look at it with kubectl -n ${namespace} describe job ${driver}, then submit with --retry.`,
  )
}
