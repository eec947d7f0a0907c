import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { onTestFinished } from 'vitest'
import { ApiServer } from '../src/api/api-client.ts'
import { certificate, key } from './certificates.ts'

export interface Serving {
  readonly api: ApiServer
  readonly origin: string
  /** The folder of the service account. */
  readonly account: string
  /** How many connections there were. */
  connections(): number
  renew(token: string): void
  /** What stands in the folder of the service account. */
  put(name: string, text: string): void
}

/** With `https` it shows a certificate that the account does not know yet. */
type How = 'http' | 'https'

/** A server for one test that answers as it likes, and how a driver reaches it. */
export async function serving(answer: RequestListener, deadAfter?: number, how: How = 'http'): Promise<Serving> {
  const account = mkdtempSync(join(tmpdir(), 'millrace-account-'))
  const put = (name: string, text: string) => writeFileSync(join(account, name), text)
  const renew = (token: string) => put('token', `${token}\n`)
  renew('first')
  let connections = 0
  const made = how === 'https' ? createSecure({ cert: certificate, key }, answer) : createServer(answer)
  const server = made.on('connection', () => connections++)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(account, { recursive: true })
  })
  const origin = `${how}://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api = new ApiServer({ origin, account, ...(deadAfter === undefined ? {} : { deadAfter }) })
  return { api, origin, account, connections: () => connections, renew, put }
}

/** How submit reaches a server. */
export function configOf(server: string, authority?: string): KubeConfig {
  const config = new KubeConfig()
  const trust = authority === undefined ? {} : { caData: Buffer.from(authority).toString('base64') }
  config.loadFromClusterAndUser(
    { name: 'c', server, skipTLSVerify: server.startsWith('http:'), ...trust },
    { name: 'u' },
  )
  return config
}
