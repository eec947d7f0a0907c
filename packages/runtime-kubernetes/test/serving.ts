import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ApiServer } from '../src/api-server.ts'

export interface Serving {
  readonly api: ApiServer
  readonly origin: string
  /** How many connections there were. */
  connections(): number
  renew(token: string): void
}

/** A server for one test that answers as it likes, and how a driver reaches it. */
export async function serving(answer: RequestListener, patience?: number): Promise<Serving> {
  const account = mkdtempSync(join(tmpdir(), 'millrace-account-'))
  const renew = (token: string) => writeFileSync(join(account, 'token'), `${token}\n`)
  renew('first')
  let connections = 0
  const server = createServer(answer).on('connection', () => connections++)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(account, { recursive: true })
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api = new ApiServer({ origin, account, ...(patience === undefined ? {} : { patience }) })
  return { api, origin, connections: () => connections, renew }
}
