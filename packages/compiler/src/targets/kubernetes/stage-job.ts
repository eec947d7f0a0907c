import type { V1EnvVar, V1Job, V1PodSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node'
import {
  annotationNames,
  dataError,
  digestJson,
  type EnvValue,
  heapWords,
  type Json,
  millisecondsOf,
  optionsOf,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
  podFiles,
  podPlaces,
  podsFolder,
  podVariables,
  sentVariable,
} from '@millrace/ir'
import type { ClusterEnvironment } from '../../cluster/environment.ts'
import type { Placement } from '../../cluster/placement/placement.ts'
import { labelsOf } from './labels.ts'
import { accountName, stageJobName } from './names.ts'
import {
  configMapVolume,
  containerSecurity,
  fieldEnv,
  jobNameLabel,
  jobUidLabel,
  nodeCommand,
  podSecurity,
  readOnly,
} from './pod.ts'

/** What a stage's Job is made of. */
export interface StageJobParts {
  readonly plan: Plan
  readonly node: PlanStage
  readonly environment: ClusterEnvironment
  readonly placement: Placement
  /** Names of the ConfigMaps with our runner and with the stage's code. */
  readonly runner: string
  readonly code: string
  /** Name of the store's PersistentVolumeClaim. */
  readonly claim: string
  /** Whether it stands in a map, so that it runs once an item. */
  readonly mapped: boolean
  /** Number, from 1, among calls whose Jobs would be equal: calls of different bodies are not merged. */
  readonly ordinal: number
}

/** How much longer than its stage's timeout a pod may live, for its image and its start. */
const podExtra = 60

/** The longest deadline that a pod may have (Kubernetes); the runner keeps the timeout itself. */
const longestDeadline = 2 ** 31 - 1

/**
 * One call as a suspended, Indexed Job, which the driver widens and releases. Its name tells all of its spec, so that a
 * Job that is the same is the same object.
 */
export function stageJob(parts: StageJobParts): V1Job {
  const { plan, node, environment, mapped } = parts
  const { name: stage } = plan.stages[node.stage] as PlanStageSpec
  const { retries } = optionsOf(plan, node)
  const labels = labelsOf(plan.pipeline, 'stage', stage)
  const spec: V1Job['spec'] = {
    completionMode: 'Indexed',
    completions: 1,
    parallelism: 1,
    suspend: true,
    // a pod that somebody deletes counts too; the driver ends what really failed too often
    ...(mapped ? { backoffLimitPerIndex: retries + 2 } : { backoffLimit: retries + 2 }),
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        {
          action: mapped ? 'FailIndex' : 'FailJob',
          onExitCodes: { containerName: 'main', operator: 'In', values: [dataError] },
        },
      ],
    },
    template: {
      metadata: {
        labels: { ...labels },
        annotations: {
          ...parts.placement.annotations,
          [annotationNames.nodeKey]: node.key,
          ...(parts.ordinal > 1 ? { [annotationNames.ordinal]: String(parts.ordinal) } : {}),
        },
      },
      spec: podSpec(parts),
    },
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: stageJobName(plan.pipeline, stage, digestJson(spec as unknown as Json)),
      namespace: environment.namespace,
      labels: { ...environment.labels, ...labels },
      annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
    },
    spec,
  }
}

function podSpec({ plan, node, environment, placement, runner, code, claim }: StageJobParts): V1PodSpec {
  const { timeout, resources } = optionsOf(plan, node)
  const spec = plan.stages[node.stage] as PlanStageSpec
  const { nodeSelector, affinity, tolerations, sharedMemory, disk } = placement
  const volumes: V1Volume[] = [
    configMapVolume('runner', runner),
    configMapVolume('code', code),
    { name: 'store', persistentVolumeClaim: { claimName: claim } },
    { name: 'scratch', emptyDir: disk === undefined ? {} : { sizeLimit: disk } },
  ]
  const mounts: V1VolumeMount[] = [
    readOnly('runner', podPlaces.runner),
    readOnly('code', podPlaces.code),
    readOnly('store', podPlaces.store),
    { name: 'store', mountPath: podPlaces.own, subPathExpr: podsFolder(`$(${podVariables.jobUid})`) },
    { name: 'scratch', mountPath: '/tmp' },
  ]
  if (sharedMemory !== undefined) {
    volumes.push({ name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemory } })
    mounts.push({ name: 'shared-memory', mountPath: '/dev/shm' })
  }
  return {
    restartPolicy: 'Never',
    ...(timeout === undefined ? {} : { activeDeadlineSeconds: deadlineOf(timeout) }),
    serviceAccountName: accountName(plan.pipeline, 'stage'),
    automountServiceAccountToken: false,
    ...podSecurity,
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(affinity ? { affinity } : {}),
    ...(tolerations ? { tolerations } : {}),
    volumes,
    containers: [
      {
        name: 'main',
        image: environment.image,
        imagePullPolicy: 'IfNotPresent',
        command: nodeCommand(`${podPlaces.runner}/${podFiles.runner}`, heapWords(resources.memory)),
        env: [
          fieldEnv(podVariables.job, jobNameLabel),
          fieldEnv(podVariables.jobUid, jobUidLabel),
          fieldEnv(podVariables.pod, 'metadata.uid'),
          { name: podVariables.code, value: spec.code as string },
          { name: 'HOME', value: '/tmp' },
          { name: 'TMPDIR', value: '/tmp' },
          ...variables(spec.env ?? {}),
        ],
        resources: { requests: placement.requests, limits: placement.limits },
        securityContext: containerSecurity,
        volumeMounts: mounts,
      },
    ],
  }
}

const deadlineOf = (timeout: string): number =>
  Math.min(longestDeadline, Math.ceil((millisecondsOf(timeout) as number) / 1000) + podExtra)

/** Kubernetes takes `$(NAME)` for a variable and `$$` for `$`. */
const literal = (text: string): string => text.replaceAll('$', '$$$$')

const variables = (env: { readonly [name: string]: EnvValue }): V1EnvVar[] =>
  Object.entries(env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]): V1EnvVar[] => {
      if ('value' in value) {
        const [sent, text] = sentVariable(name, value.value)
        return [{ name: sent, value: literal(text) }]
      }
      if ('secret' in value)
        return [{ name, valueFrom: { secretKeyRef: { name: value.secret.name, key: value.secret.key } } }]
      return []
    })
