import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planIn } from '../support/plan-in.ts'
import { program } from '../support/program.ts'

const config = `import { defineConfig, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi' })
export default defineConfig({ environments: { onprem: onPrem({ namespace: 'ml', store }) } })
`
const text = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const n = z.object({ n: z.int() })
export const step = stage('a-stage-with-a-long-name', { input: n, output: z.object({}), run: () => ({}) })
main(import.meta, pipeline('a-pipeline-with-a-long-name', {
  input: z.object({ text: z.string().default(''), calls: z.int().default(1) }),
  build: () => { for (let n = 0; n < Number(process.env.CALLS ?? 1); n++) step({ n }) },
}))
`
const written = 'deploy/a-pipeline-with-a-long-name/onprem'
/** Gzip makes no more than a quarter smaller what has no pattern. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64')

test('a plan that no ConfigMap holds is in several, which the driver finds in one folder', {
  timeout: 200_000,
}, async () => {
  const one = program({ 'program.ts': text, 'millrace.config.ts': config })
  const run = join(one.folder, written, 'run')
  const parts = () => readdirSync(run).filter((name) => name.startsWith('plan'))
  const given = noise(2_100_000)
  writeFileSync(join(one.folder, 'given.json'), JSON.stringify({ text: given }))
  expect((await one.run(['compile', '--params', 'given.json'], { timeout: 150_000 })).code).toBe(0)
  expect(parts()).toEqual(['plan-1.configmap.yaml', 'plan-2.configmap.yaml', 'plan-3.configmap.yaml'])
  expect(planIn(join(one.folder, written))).toMatchObject({ input: { text: given } })

  const [first = '', ...others] = parts().map((name) => readFileSync(join(run, name), 'utf8'))
  const [, digest] = /^ {2}name: "a-pipeline-with-a-lon-plan-([0-9a-f]{12})-1"$/m.exec(first) ?? []
  const names = [1, 2, 3].map((part) => `a-pipeline-with-a-lon-plan-${digest}-${part}`)
  for (const [i, part] of [first, ...others].entries()) {
    expect(part).toContain(`  name: "${names[i]}"\n`)
    const [, file, data = ''] = /^ {2}(\S+): "(.*)"$/m.exec(part.slice(part.indexOf('binaryData:'))) ?? []
    expect(file).toBe(`plan.json.gz.${i + 1}`)
    expect(Buffer.from(data, 'base64').length).toBeLessThanOrEqual(1 << 20)
  }
  const sources = names.map((name) => `              - configMap:\n                  name: "${name}"\n`)
  expect(readFileSync(join(run, 'driver.job.yaml'), 'utf8')).toContain(
    `        - name: "plan"\n          projected:\n            sources:\n${sources.join('')}`,
  )
  await one.run(['compile'])
  expect(parts()).toEqual(['plan.configmap.yaml'])
})

test('what no cluster or driver could hold is refused', { timeout: 200_000 }, async () => {
  const one = program({ 'program.ts': text, 'millrace.config.ts': config })
  writeFileSync(join(one.folder, 'given.json'), JSON.stringify({ text: noise(4_200_000) }))
  const large = await one.run(['compile', '--params', 'given.json'], { timeout: 150_000 })
  expect([large.code, large.stdout, large.stderr]).toEqual([
    2,
    '',
    `error[does-not-fit]: the plan of pipeline "a-pipeline-with-a-long-name" is too large for a driver: it needs 5 ConfigMaps, and may have 4
  at program.ts:5:19
  fix: Call a stage in a map instead of once for each item, and give large values as files.
`,
  ])
  const many = await one.run(['compile'], { env: { CALLS: '20500' }, timeout: 150_000 })
  expect([many.code, many.stdout, many.stderr.replace(/^notice.*\n.*\n.*\n/m, '')]).toEqual([
    2,
    '',
    `error[does-not-fit]: pipeline "a-pipeline-with-a-long-name" has 20500 stage calls, and the Role that names their Jobs for the driver can name about 20000
  at program.ts:5:19
  fix: Call a stage in a map instead of once for each item.
`,
  ])
})
