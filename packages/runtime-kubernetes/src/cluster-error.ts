import { ApiException } from '@kubernetes/client-node'
import { ClusterError } from './cluster.ts'

/** What a call of the API ended with. */
export function clusterError(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error
  if (error instanceof ApiException) {
    const status = bodyOf(error)
    const seconds = Number(error.headers['retry-after'])
    return new ClusterError(error.code, status.reason, status.message, Number.isFinite(seconds) ? seconds : undefined)
  }
  const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } }
  return new ClusterError(0, 'NoAnswer', [message, cause?.message].filter(Boolean).join(': '))
}

function bodyOf({ body, code }: ApiException<unknown>): { readonly reason: string; readonly message: string } {
  try {
    const { reason, message } = (typeof body === 'string' ? JSON.parse(body) : body) as Record<string, string>
    return { reason: reason ?? `HTTP ${code}`, message: message ?? `HTTP ${code}` }
  } catch {
    return { reason: `HTTP ${code}`, message: String(body) }
  }
}
