import { STATUS_CODES } from 'node:http'
import { ApiException } from '@kubernetes/client-node'
import { ClusterError } from './cluster.ts'
import { noAnswer } from './no-answer.ts'

/** What a call of the API ended with. */
export function clusterError(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error
  if (error instanceof ApiException) {
    const status = bodyOf(error)
    const seconds = Number(error.headers['retry-after'])
    return new ClusterError(error.code, status.reason, status.message, seconds > 0 ? seconds : undefined)
  }
  return noAnswer(error)
}

/** Characters of a message; a proxy may send a page. */
const messageLimit = 1000

function bodyOf({ body, code }: ApiException<unknown>): { readonly reason: string; readonly message: string } {
  const known = { reason: `HTTP ${code}`, message: [`HTTP ${code}`, STATUS_CODES[code]].filter(Boolean).join(' ') }
  if (body === undefined) return known
  try {
    const { reason, message } = (typeof body === 'string' ? JSON.parse(body) : body) as Record<string, unknown>
    return {
      reason: typeof reason === 'string' ? reason : known.reason,
      message: typeof message === 'string' ? message.slice(0, messageLimit) : known.message,
    }
  } catch {
    return { ...known, message: String(body).slice(0, messageLimit).trim() || known.message }
  }
}
