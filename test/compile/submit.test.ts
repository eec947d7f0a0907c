import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { certificate, key, otherCertificate } from '../../packages/runtime-kubernetes/test/certificates.ts'
import { program } from '../support/program.ts'

const files = {
  'program.ts': `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const first = stage('first', { input: z.object({}), output: z.object({ n: z.int() }), run: () => ({ n: 1 }) })
main(import.meta, pipeline('demo', { input: z.object({}), build: () => first() }))
`,
  'millrace.config.ts': `import { defineConfig, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi' })
export default defineConfig({ environments: { onprem: onPrem({ namespace: 'ml', store }) } })
`,
}

/** What submit says to a server that answers so, and how often it asked it. */
async function submitting(answer: RequestListener, authority?: string): Promise<readonly unknown[]> {
  let asked = 0
  const counting: RequestListener = (request, response) => {
    asked++
    answer(request, response)
  }
  const secure = authority !== undefined
  const server = secure ? createSecure({ cert: certificate, key }, counting) : createServer(counting)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  const trust = secure
    ? `certificate-authority-data: ${Buffer.from(authority).toString('base64')}`
    : 'insecure-skip-tls-verify: true'
  const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "${url}", ${trust} } }]
users: [{ name: u, user: { token: secret-token } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`
  const one = program({ ...files, kubeconfig })
  const { code, stdout, stderr } = await one.run(['submit'], { env: { KUBECONFIG: `${one.folder}/kubeconfig` } })
  return [code, stdout, stderr.replaceAll(url, '<server>'), asked]
}

const json = { 'content-type': 'application/json' }
const says = (code: number, message: string): RequestListener => {
  const status = JSON.stringify({ kind: 'Status', reason: 'Refused', message })
  return (_, response) => void response.writeHead(code, json).end(status)
}

test('a cluster that can not be trusted is not asked: exit 3', async () => {
  expect(await submitting(says(200, ''), otherCertificate)).toEqual([
    3,
    '',
    "error[cluster-failed]: the cluster can't be trusted: fetch failed: self-signed certificate\n" +
      '  fix: Correct the authority of its certificate in KUBECONFIG: certificate-authority-data.\n',
    0,
  ])
})

test('who is not logged in, or has no rights, is told so at once: exit 3', async () => {
  expect(await submitting(says(401, 'Unauthorized'))).toEqual([
    3,
    '',
    'error[cluster-failed]: the cluster does not know who asks: HTTP 401 Unauthorized\n  fix: Log in to the cluster again.\n',
    1,
  ])
  expect(await submitting(says(403, 'jobs.batch is forbidden'))).toEqual([
    3,
    '',
    'error[cluster-failed]: the cluster refused jobs.batch is forbidden\n' +
      '  fix: Ask for the rights to apply these objects in the namespace "ml".\n',
    1,
  ])
})
