import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const config = (namespace: string) => `import { defineConfig, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi' })
export default defineConfig({ environments: { onprem: onPrem({ namespace: '${namespace}', store, labels: { team: 'a' } }) } })
`
const text = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const first = stage('first', { input: z.object({}), output: z.object({ n: z.int() }), run: () => ({ n: 1 }) })
main(import.meta, pipeline('demo', { input: z.object({}), build: () => first() }))
`
const files = { 'program.ts': text, 'millrace.config.ts': config('ml') }
const written = 'deploy/demo/onprem'
const names = [
  'driver.validatingadmissionpolicy.yaml',
  'driver.validatingadmissionpolicybinding.yaml',
  'kustomization.yaml',
]

const resources = (kustomization: string): string[] =>
  [...kustomization.matchAll(/^ {2}- "(.*)"$/gm)].map(([, name]) => name as string)

test('compile --policy writes a policy beside what the folder applies', async () => {
  const { folder, run } = program(files)
  expect((await run(['compile'])).code).toBe(0)
  expect(existsSync(join(folder, written, 'policy'))).toBe(false)

  const made = await run(['compile', '--policy'])
  expect([made.code, made.stdout, made.stderr]).toEqual([
    0,
    `${written}\n`,
    `17 files: 3 new, 0 changed, 0 removed; apply them with kubectl apply --server-side -k ${written}
the policy is for an administrator of the cluster: kubectl apply --server-side -k ${written}/policy
`,
  ])
  const read = (path: string) => readFileSync(join(folder, written, path), 'utf8')
  expect(readdirSync(join(folder, written, 'policy')).sort()).toEqual(names)
  expect(resources(read('policy/kustomization.yaml'))).toEqual(names.slice(0, 2))
  // whoever applies the folder need not have rights on the whole cluster
  expect(resources(read('kustomization.yaml'))).toEqual(['jobs', 'run'])

  const [policy, binding] = names.map((name) => read(`policy/${name}`))
  const metadata = `metadata:
  name: "millrace-driver.ml.demo"
  labels:
    team: "a"
    app.kubernetes.io/name: "demo"
    app.kubernetes.io/component: "driver"
    app.kubernetes.io/managed-by: "millrace"
    app.kubernetes.io/part-of: "demo"
    millrace.dev/pipeline: "demo"
spec:
`
  expect(policy).toContain(`kind: "ValidatingAdmissionPolicy"\n${metadata}  failurePolicy: "Fail"\n`)
  expect(policy).toContain(`  matchConditions:
    - name: "driver"
      expression: "request.userInfo.username == 'system:serviceaccount:ml:demo-driver'"
`)
  expect(read('run/driver.serviceaccount.yaml')).toContain('  name: "demo-driver"\n  namespace: "ml"\n')
  expect([...(policy ?? '').matchAll(/^ {6}message: (".*")$/gm)].map(([, text]) => JSON.parse(text as string))).toEqual(
    [
      `the driver of "demo" may change suspend, parallelism, completions and backoffLimit of a Job's spec, and nothing else of it`,
      `the driver of "demo" may not change a Job's labels or finalizers`,
      'the driver of "demo" may change the annotation millrace.dev/state of a Job, and no other',
      'the driver of "demo" may make drivers of "demo" the owners of a Job, and nothing else',
    ],
  )
  expect(binding).toBe(`apiVersion: "admissionregistration.k8s.io/v1"
kind: "ValidatingAdmissionPolicyBinding"
${metadata}  policyName: "millrace-driver.ml.demo"
  validationActions:
    - "Deny"
  matchResources:
    namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: "ml"
`)
})

test('a policy that is there is compared and kept up to date, until its folder is deleted', async () => {
  const { folder, run } = program(files)
  const check = async (...words: string[]) => {
    const { code, stdout } = await run(['compile', '--check', ...words])
    return [code, stdout]
  }
  await run(['compile'])
  expect(await check()).toEqual([0, ''])
  expect(await check('--policy')).toEqual([2, names.map((name) => `missing ${written}/policy/${name}\n`).join('')])

  await run(['compile', '--policy'])
  writeFileSync(join(folder, written, 'policy/notes.yaml'), 'mine: true\n')
  expect(await check()).toEqual([0, ''])
  expect(await check('--policy')).toEqual([0, ''])

  const [first = ''] = names
  const path = join(folder, written, 'policy', first)
  writeFileSync(path, readFileSync(path, 'utf8').replace('Fail', 'Ignore'))
  expect(await check()).toEqual([2, `differs ${written}/policy/${first}\n`])
  const mended = await run(['compile'])
  expect(mended.stderr).toBe(
    `17 files: 0 new, 1 changed, 0 removed; apply them with kubectl apply --server-side -k ${written}\n`,
  )
  expect(await check()).toEqual([0, ''])

  writeFileSync(join(folder, 'millrace.config.ts'), config('other'))
  await run(['compile'])
  expect(readFileSync(path, 'utf8')).toContain('system:serviceaccount:other:demo-driver')
  expect(existsSync(join(folder, written, 'policy/notes.yaml'))).toBe(true)

  rmSync(join(folder, written, 'policy'), { recursive: true })
  expect(await check()).toEqual([0, ''])
  await run(['compile'])
  expect(existsSync(join(folder, written, 'policy'))).toBe(false)
})
