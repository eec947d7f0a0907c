import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../support/processes.ts'
import { fencesOf, filesOf, kindOf } from './fences.ts'
import { type Correction, corrected, follow } from './follow.ts'
import { packedPackages, project } from './page-project.ts'

// pages of errors have their own test, the reference is generated, and what is not a page has no story
const pages = globSync('docs/**/*.md', {
  cwd: root,
  exclude: ['docs/errors/**', 'docs/reference/**', 'docs/node_modules/**', 'docs/.vitepress/**'],
}).sort()
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** What the first page has the reader install; the others begin where it ends. */
const installed = ['millrace', 'zod', 'typescript', '@types/node']
const first = filesOf(fencesOf(read('docs/start.md')).fences)

let packed = ''
beforeAll(async () => {
  packed = await packedPackages()
})
afterAll(() => rmSync(packed, { recursive: true, force: true }))

describe('each block of a page is what its reader gets', () => {
  test.concurrent.each(pages)('%s', async (page) => {
    const text = read(page)
    const { fences, prose } = fencesOf(text)
    const example = /<!-- in (examples\/\S+) -->/.exec(text)?.[1]
    const isFirst = page === 'docs/start.md'
    const one = project(packed, isFirst ? [] : installed, example)
    try {
      const names = /<!-- with the program of start\.md -->/.test(text)
        ? [...first.keys()]
        : ['package.json', 'tsconfig.json']
      if (!isFirst && example === undefined)
        for (const name of names) writeFileSync(join(one.folder, name), first.get(name) ?? expect.fail(`no ${name}`))
      const corrections: Correction[] = []
      const correct = process.env.DOCS === 'write' ? (each: Correction) => corrections.push(each) : undefined
      try {
        await follow(page, fences, one, correct)
      } finally {
        if (corrections.length > 0) writeFileSync(join(root, page), corrected(text, fences, corrections))
      }
      // on a page as GitHub shows it a block has no name
      const named = fences.flatMap(({ name }) => name ?? [])
      expect(named.filter((name) => !prose.some((line) => line.includes(`\`${name}\``)))).toEqual([])
      if (example === undefined && named.some((name) => name.endsWith('.ts')))
        expect(await one.bash('npx tsc --noEmit --skipLibCheck')).toEqual({ code: 0, text: '' })
    } finally {
      one.remove()
    }
  })
})

test('what only a cluster can run', () => {
  const commands = pages.flatMap((page) =>
    fencesOf(read(page)).fences.flatMap((fence) =>
      kindOf(fence) === 'cluster'
        ? fence.text
            .trimEnd()
            .split('\n')
            .map((line) => `${page}: ${line}`)
        : [],
    ),
  )
  expect(commands).toMatchInlineSnapshot(`
    [
      "docs/cluster.md: git add deploy && git diff --staged                         # what a reviewer reads",
      "docs/cluster.md: kubectl apply --server-side -k deploy/digits/onprem         # runs it",
      "docs/cluster.md: kubectl -n examples logs -f job/digits-driver-…             # the driver; its name stands in run/driver.job.yaml",
      "docs/cluster.md: node digits.ts submit --environment onprem               # --detach applies only",
      "docs/cluster.md: kubectl apply -f store.yaml && kubectl -n examples wait --for=condition=Ready pod/store",
      "docs/cluster.md: kubectl -n examples exec store -- cat /millrace/store/jobs/…/report.md > report.md",
      "docs/cluster.md: kubectl -n examples delete pod store",
      "docs/cluster.md: node digits.ts submit --environment onprem --retry",
      "docs/cluster.md: # or, with kubectl alone",
      "docs/cluster.md: kubectl delete -k deploy/digits/onprem/jobs",
      "docs/cluster.md: kubectl -n examples delete job -l millrace.dev/pipeline=digits,app.kubernetes.io/component=driver",
      "docs/cluster.md: kubectl apply --server-side -k deploy/digits/onprem",
      "docs/cluster.md: kubectl -n examples delete job -l millrace.dev/pipeline=digits,app.kubernetes.io/component=driver",
      "docs/cluster.md: kubectl -n examples delete jobs,configmaps,roles,rolebindings,serviceaccounts -l millrace.dev/pipeline=digits",
      "docs/cluster.md: kubectl apply --server-side -k deploy/digits/onprem/policy",
      "docs/concepts/variables.md: kubectl -n sales create secret generic warehouse --from-literal=token="$TOKEN"",
      "docs/how-to/clouds.md: kubectl create namespace tumours",
      "docs/how-to/clouds.md: kubectl apply --server-side -k deploy/tumours/google",
      "docs/how-to/clouds.md: node tumours.ts submit --environment google",
      "docs/how-to/clouds.md: gcloud container clusters get-credentials tumours --region europe-west4",
      "docs/how-to/clouds.md: gcloud container clusters update tumours --region europe-west4 --update-addons GcpFilestoreCsiDriver=ENABLED",
      "docs/how-to/clouds.md: aws eks update-kubeconfig --name tumours --region eu-central-1",
      "docs/how-to/clouds.md: kubectl apply -f efs.yaml",
      "docs/how-to/clouds.md: az aks get-credentials --resource-group tumours --name tumours",
      "docs/how-to/clouds.md: az aks nodepool add --resource-group tumours --cluster-name tumours --name t4 --node-count 4 \\",
      "docs/how-to/clouds.md:   --node-vm-size Standard_NC8as_T4_v3 --node-taints sku=gpu:NoSchedule",
      "docs/how-to/clouds.md: kubectl apply -f azurefile-nfs.yaml",
      "docs/how-to/clouds.md: export KUBECONFIG=/etc/rancher/k3s/k3s.yaml",
      "docs/how-to/clouds.md: kubectl create namespace tumours",
    ]
  `)
})
