import type { V1Container, V1PodSpec, V1SecurityContext, V1Volume, V1VolumeMount } from '@kubernetes/client-node'

/** A user of our own: the node image's is named, and `runAsNonRoot` needs a number. */
const user = 65532

/** What every pod has of Pod Security `restricted`, and more. */
export const podSecurity: Partial<V1PodSpec> = {
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
}

export const containerSecurity: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

/** Node runs a gzipped module from a file: ConfigMaps hold it whole, and the root file system can't be written. */
export const nodeCommand = (file: string, flags: readonly string[] = []): string[] => [
  'node',
  ...flags,
  '--input-type=module',
  '-e',
  `import{gunzipSync as g}from'node:zlib';import{readFileSync as r}from'node:fs';await import('data:text/javascript;base64,'+g(r('${file}')).toString('base64'))`,
]

export const fieldEnv = (name: string, fieldPath: string): NonNullable<V1Container['env']>[number] => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
})

export const jobNameLabel = "metadata.labels['batch.kubernetes.io/job-name']"
export const jobUidLabel = "metadata.labels['batch.kubernetes.io/controller-uid']"

export const configMapVolume = (name: string, configMap: string): V1Volume => ({ name, configMap: { name: configMap } })
export const readOnly = (name: string, mountPath: string): V1VolumeMount => ({ name, mountPath, readOnly: true })
