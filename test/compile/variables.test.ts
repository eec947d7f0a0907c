import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { receiveVariables } from '@millrace/ir'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { expanded, oddValues } from '../support/odd-variables.ts'
import { program } from '../support/program.ts'

const names = Object.keys(oddValues)
const text = `import { inherit, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const values = ${JSON.stringify(oddValues)}
const io = { input: z.object({}), output: z.object({ all: z.record(z.string(), z.string()), own: z.record(z.string(), z.string()) }) }
const run = (_: unknown, { env }: { env: Readonly<Record<string, string>> }) =>
  ({ all: { ...env }, own: Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name] ?? 'none'])) })
export const literal = stage('literal', { ...io, env: values, run })
export const fallback = stage('fallback', { ...io, env: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inherit(value)])), run })
export const taken = stage('taken', { ...io, env: Object.fromEntries(Object.keys(values).map((name) => [name, inherit()])), run })
export const pick = pipeline('pick', { input: z.object({}), build: () => ({
  here: literal().all, apart: literal.with({ isolate: 'process', cache: false })(), fallback: fallback().all,
}) })
export const all = pipeline('all', { input: z.object({}), build: () => ({ taken: taken().all, literal: literal().all, fallback: fallback().all }) })
main(import.meta, pick, all)
`
const config = `import { defineConfig, onPrem, volume } from 'millrace/config'
export default defineConfig({ environments: { onprem: onPrem({ namespace: 'ml', store: volume({ size: '20Gi' }), env: ${JSON.stringify(oddValues)} }) } })
`

interface Job {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Main] } } }
}
interface Main {
  readonly command: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
}

test('the same text in this process, in one of its own, and in what Kubernetes makes of the manifests', async () => {
  const one = program({ 'program.ts': text, 'millrace.config.ts': config })
  const ran = await one.run(['--progress', 'quiet'])
  expect(ran.code).toBe(0)
  const { here, apart, fallback } = JSON.parse(ran.stdout)
  expect(here).toEqual(oddValues)
  expect(apart).toEqual({ all: oddValues, own: oddValues })
  expect(fallback).toEqual(oddValues)
  const inherited = await one.run(['--progress', 'quiet', '--pipeline', 'all'], { env: oddValues })
  expect(JSON.parse(inherited.stdout)).toEqual({ taken: oddValues, literal: oddValues, fallback: oddValues })

  expect((await one.run(['compile', '--pipeline', 'all'])).code).toBe(0)
  const folder = join(one.folder, 'deploy/all/onprem/jobs')
  const jobs = readdirSync(folder).filter((file) => file.endsWith('.job.yaml'))
  expect(jobs).toHaveLength(3)
  for (const file of jobs) {
    const yaml = readFileSync(join(folder, file), 'utf8')
    // what no YAML may hold as it is, or takes for the end of a line
    expect(yaml).not.toMatch(/[^\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u)
    const { command, env } = (parse(yaml, { version: '1.1' }) as Job).spec.template.spec.containers[0]
    const seen = new Map<string, string>()
    for (const { name, value } of env) if (value !== undefined) seen.set(name, expanded(value, seen))
    const received: Record<string, string> = Object.fromEntries(seen)
    receiveVariables(received)
    expect(Object.fromEntries(names.map((name) => [name, received[name]]))).toEqual(oddValues)
    expect(command.map((word) => expanded(word, seen))).toEqual(command)
  }
})
