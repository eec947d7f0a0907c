import type {
  V1ConfigMap,
  V1Job,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1Role,
  V1RoleBinding,
  V1ServiceAccount,
  V1Volume,
} from '@kubernetes/client-node'
import { failedRun, podFiles, podPlaces, podVariables } from '@millrace/ir'
import type { ClusterEnvironment, VolumeStore } from '../../cluster/environment.ts'
import { labelsOf } from './labels.ts'
import { accountName, planName } from './names.ts'
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

/** What the objects of one run are made of. */
export interface RunParts {
  readonly pipeline: string
  readonly environment: ClusterEnvironment
  /** Of all that the driver is given; in the names of what one plan has to itself. */
  readonly digest: `sha256:${string}`
  readonly driverCode: string
  readonly claim: string
  /** Names of the stage Jobs. */
  readonly jobs: readonly string[]
  /** How many ConfigMaps hold the plan. */
  readonly planParts: number
  /** Name of the ConfigMap with the files that parameters and assets name. */
  readonly inputs?: string | undefined
}

/** The claim that pipelines of a namespace share, where the environment names none. */
export const defaultClaim = 'millrace-store'

const meta = ({ environment, pipeline }: RunParts, name: string, who = 'driver') => ({
  name,
  namespace: environment.namespace,
  labels: { ...environment.labels, ...labelsOf(pipeline, who) },
})

export const serviceAccount = (parts: RunParts, who: 'driver' | 'stage'): V1ServiceAccount => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: meta(parts, accountName(parts.pipeline, who), who),
  automountServiceAccountToken: false,
})

export const storeClaim = (
  parts: RunParts,
  { size, accessMode, storageClass = parts.environment.storageClasses?.[accessMode] }: VolumeStore,
): V1PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: {
    name: parts.claim,
    namespace: parts.environment.namespace,
    // pipelines of a namespace share it: nothing of one of them stands on it
    labels: { ...parts.environment.labels, 'app.kubernetes.io/managed-by': 'millrace' },
  },
  spec: {
    accessModes: [accessMode],
    resources: { requests: { storage: size } },
    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
  },
})

/** The driver may look, and patch the Jobs of its own plan by name; it can't create or delete anything. */
export const driverRole = (parts: RunParts): V1Role => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: meta(parts, planName(parts.pipeline, 'driver', parts.digest)),
  rules: [
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'patch'], resourceNames: [...parts.jobs] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['events'], verbs: ['list'] },
  ],
})

export const driverBinding = (parts: RunParts): V1RoleBinding => {
  const name = planName(parts.pipeline, 'driver', parts.digest)
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: meta(parts, name),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [
      {
        kind: 'ServiceAccount',
        name: accountName(parts.pipeline, 'driver'),
        namespace: parts.environment.namespace,
      },
    ],
  }
}

/** A ConfigMap that holds one gzipped file; immutable, as its name tells its content. */
export const fileConfigMap = (
  environment: ClusterEnvironment,
  labels: { readonly [key: string]: string },
  name: string,
  file: string,
  gzipped: Uint8Array,
): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: environment.namespace, labels: { ...environment.labels, ...labels } },
  immutable: true,
  binaryData: { [file]: Buffer.from(gzipped).toString('base64') },
})

export const driverJob = (parts: RunParts): V1Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: meta(parts, planName(parts.pipeline, 'driver', parts.digest)),
  spec: {
    backoffLimit: 20,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'FailJob', onExitCodes: { containerName: 'driver', operator: 'In', values: [failedRun] } },
      ],
    },
    template: { metadata: { labels: { ...labelsOf(parts.pipeline, 'driver') } }, spec: driverPod(parts) },
  },
})

/** V8's heap of a driver, in MiB: within its limit of memory, with room for what is not heap. */
const driverHeap = 160
/** MiB of each half of its youngest part: with V8's own 16 a driver of a large map takes 90 MB more, and is no faster. */
const driverYoung = 4

/** The ConfigMap with a part of the plan, from 0, and the file in it; one that is whole has no number. */
export function planPart(
  { pipeline, digest, planParts }: RunParts,
  part: number,
): { readonly map: string; readonly file: string } {
  const map = planName(pipeline, 'plan', digest)
  return planParts === 1
    ? { map, file: podFiles.plan }
    : { map: `${map}-${part + 1}`, file: `${podFiles.plan}.${part + 1}` }
}

/** All parts of the plan in one folder. */
function planVolume(parts: RunParts): V1Volume {
  const [first, ...more] = Array.from({ length: parts.planParts }, (_, part) => planPart(parts, part).map)
  if (more.length === 0) return configMapVolume('plan', first as string)
  return {
    name: 'plan',
    projected: { sources: [first, ...more].map((name) => ({ configMap: { name: name as string } })) },
  }
}

export const driverPod = (parts: RunParts): V1PodSpec => {
  const { pipeline, environment, digest, driverCode, claim, inputs } = parts
  return {
    restartPolicy: 'Never',
    serviceAccountName: accountName(pipeline, 'driver'),
    automountServiceAccountToken: true,
    ...podSecurity,
    volumes: [
      configMapVolume('driver', driverCode),
      planVolume(parts),
      ...(inputs === undefined ? [] : [configMapVolume('inputs', inputs)]),
      { name: 'store', persistentVolumeClaim: { claimName: claim } },
      { name: 'scratch', emptyDir: {} },
    ],
    containers: [
      {
        name: 'driver',
        image: environment.image,
        imagePullPolicy: 'IfNotPresent',
        command: nodeCommand(`${podPlaces.driver}/${podFiles.driver}`, [
          `--max-old-space-size=${driverHeap}`,
          `--max-semi-space-size=${driverYoung}`,
        ]),
        env: [
          fieldEnv(podVariables.job, jobNameLabel),
          fieldEnv(podVariables.jobUid, jobUidLabel),
          fieldEnv(podVariables.namespace, 'metadata.namespace'),
          { name: podVariables.plan, value: digest },
          { name: 'HOME', value: '/tmp' },
          { name: 'TMPDIR', value: '/tmp' },
        ],
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: containerSecurity,
        volumeMounts: [
          readOnly('driver', podPlaces.driver),
          readOnly('plan', podPlaces.plan),
          ...(inputs === undefined ? [] : [readOnly('inputs', podPlaces.inputs)]),
          { name: 'store', mountPath: podPlaces.store },
          { name: 'scratch', mountPath: '/tmp' },
        ],
      },
    ],
  }
}
