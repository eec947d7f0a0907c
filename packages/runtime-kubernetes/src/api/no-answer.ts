import { ClusterError } from './cluster.ts'

/** What Node and OpenSSL call it when a server can't show a certificate of the authority that it should have. */
const untrusted =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|ERR_TLS_CERT_|ERR_OSSL_(PEM|X509)|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)/

/** What Node adds is for who starts it. */
const advice = /; if the root CA is installed locally.*$/

/** Why there is no answer to a request: an error of the network, of the system, or of who waits for it. */
export function noAnswer(error: unknown): ClusterError {
  const told = causes(error)
  const message = told
    .map(({ message }) => message?.replace(advice, ''))
    .filter(Boolean)
    .join(': ')
  return new ClusterError(0, told.some(({ code = '' }) => untrusted.test(code)) ? 'Untrusted' : 'NoAnswer', message)
}

interface ErrorCause {
  readonly message?: string
  readonly code?: string
}

/** `fetch` says what was wrong in the cause of its error. */
function causes(error: unknown): readonly ErrorCause[] {
  const found: ErrorCause[] = []
  for (let at = error as (ErrorCause & { readonly cause?: unknown }) | undefined; at && found.length < 4; ) {
    found.push(at)
    at = at.cause as typeof at
  }
  return found
}
