import { KubeConfig } from '@kubernetes/client-node'
import { type Diagnostic, DiagnosticError, nowhere } from '@millrace/ir'
import type { ClusterError } from '@millrace/runtime-kubernetes'

/**
 * What KUBECONFIG, or else `~/.kube/config`, or the pod's own account chooses.
 *
 * @throws DiagnosticError `cluster-failed` where none is chosen
 */
export function chosenCluster(): KubeConfig {
  const config = new KubeConfig()
  try {
    config.loadFromDefault()
  } catch (error) {
    throw clusterFailed(`no cluster is chosen: ${(error as Error).message}`, noCluster)
  }
  // what the library falls back to
  if (config.getCurrentContext() === 'loaded-context') throw clusterFailed('no cluster is chosen', noCluster)
  return config
}

const noCluster = 'Set KUBECONFIG to the file that names the cluster.'

/** What the API server refused, with what helps. */
export function refused({ status, reason, message }: ClusterError, namespace: string): DiagnosticError {
  if (reason === 'Untrusted')
    return clusterFailed(
      `the cluster can't be trusted: ${message}`,
      'Correct the authority of its certificate in KUBECONFIG: certificate-authority-data.',
    )
  if (status === 0)
    return clusterFailed(`the cluster can't be reached: ${message}`, 'Check KUBECONFIG and its current context.')
  if (status === 401)
    return clusterFailed(`the cluster does not know who asks: ${message}`, 'Log in to the cluster again.')
  const fixes: { readonly [status: number]: string } = {
    403: `Ask for the rights to apply these objects in the namespace "${namespace}".`,
    404: `Make the namespace with kubectl create namespace ${namespace}, or correct it in millrace.config.ts.`,
  }
  return clusterFailed(`the cluster refused ${message}`, fixes[status] ?? 'Look at what the message names.')
}

export function clusterFailed(message: string, fix: string): DiagnosticError {
  const diagnostic: Diagnostic = { code: 'cluster-failed', severity: 'error', message, at: nowhere, fix }
  return new DiagnosticError([diagnostic])
}
