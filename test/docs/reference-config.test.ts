import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkConfig } from '@millrace/compiler'
import type { Accelerator, ClusterOptions, NodePool, SpotNodes, Taint, VolumeOptions } from 'millrace/config'
import * as exports from 'millrace/config'
import { expect, test } from 'vitest'
import { root } from '../support/processes.ts'
import { tsc } from '../types/tsc.ts'

const page = readFileSync(join(root, 'docs/reference/config.md'), 'utf8')
const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)

type All<T> = { readonly [K in keyof Required<T>]: 0 }

/** Every field of the types; `tsc` refuses one too many or too few. */
const types = {
  'A cluster': {
    namespace: 0,
    store: 0,
    nodes: 0,
    queue: 0,
    arch: 0,
    env: 0,
    image: 0,
    parameters: 0,
    labels: 0,
    accelerators: 0,
    gpuVendor: 0,
    spot: 0,
    storageClasses: 0,
  } satisfies All<ClusterOptions>,
  'A store': { size: 0, accessMode: 0, storageClass: 0, claim: 0 } satisfies All<VolumeOptions>,
  'A node pool': {
    count: 0,
    machine: 0,
    cpu: 0,
    memory: 0,
    disk: 0,
    gpu: 0,
    tpu: 0,
    spot: 0,
    labels: 0,
    taints: 0,
  } satisfies All<NodePool>,
  'A taint': { key: 0, value: 0, effect: 0 } satisfies All<Taint>,
  'Spot machines': { labels: 0, taints: 0, tainted: 0 } satisfies All<SpotNodes>,
  'An accelerator': {
    vendor: 0,
    resource: 0,
    labels: 0,
    taint: 0,
    arch: 0,
    shared: 0,
    topologies: 0,
    cubes: 0,
  } satisfies All<Accelerator>,
}
type Heading = keyof typeof types
const headings = Object.keys(types) as Heading[]

const section = (heading: string): string => page.split(new RegExp(`^##+ ${heading}$`, 'm'))[1]?.split(/^##/m)[0] ?? ''
const inTable = (heading: string): string[] =>
  [...section(heading).matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name)

const { onPrem, gke, eks, aks, k3s } = exports
const presets = { onPrem, gke, eks, aks, k3s }

/** What the check says of one wrong field, in a cluster that is right but for that. */
function fixOf(wrong: Record<string, unknown>, preset: keyof typeof presets = 'gke'): string {
  const store = exports.volume({ size: '1Gi', accessMode: 'ReadWriteMany' })
  const cluster = presets[preset]({ namespace: 'a', store, ...wrong } as ClusterOptions)
  const found = checkConfig({ environments: { cluster } }, 'millrace.config.ts')
  expect(found.length).toBe(1)
  return found[0]?.fix ?? ''
}

/** The check names the fields that it takes where it meets another. */
const wrong: { readonly [H in Heading]: Record<string, unknown> } = {
  'A cluster': { x: 1 },
  'A store': { store: { ...exports.volume({ size: '1Gi' }), x: 1 } },
  'A node pool': { nodes: [{ count: 1, x: 1 }] },
  'A taint': { nodes: [{ count: 1, taints: [{ key: 'a', effect: 'NoExecute', x: 1 }] }] },
  'Spot machines': { spot: { labels: {}, taints: [], x: 1 } },
  'An accelerator': { accelerators: { t4: { x: 1 } } },
}

test.each(headings)('%s has the options of its type and of its check', (heading) => {
  const checked = /^Use one of: (.*)\.$/.exec(fixOf(wrong[heading]))?.[1]?.split(', ') ?? []
  expect(inTable(heading)).toEqual(Object.keys(types[heading]))
  expect([...inTable(heading)].sort()).toEqual(checked.sort())
})

test('every function of millrace/config is told, and every option stands in an example', () => {
  expect(Object.keys(exports).filter((name) => !page.includes(`${name}(`))).toEqual([])
  const text = examples.join('')
  const missing = headings
    .flatMap(inTable)
    .filter((name) => name !== 'queue' && !new RegExp(`\\b${name}\\b[:,]`).test(text))
  expect(missing).toEqual([])
})

test('the examples compile, and are right', async () => {
  const texts = Object.fromEntries(examples.map((text, i) => [`example-${i}.ts`, text]))
  expect(await tsc(texts)).toBe('')
  for (const text of examples) {
    const load = new Function(
      ...Object.keys(exports),
      text.replaceAll(/^import .*$/gm, '').replace('export default', 'return'),
    ) as (...given: unknown[]) => unknown
    expect(checkConfig(load(...Object.values(exports)), 'millrace.config.ts')).toEqual([])
  }
})

test('the accelerators are those that each preset knows', () => {
  const known = (preset: keyof typeof presets, entry: object) =>
    [...(/Use one of: (.*); or/.exec(fixOf({ nodes: [entry] }, preset))?.[1]?.split(', ') ?? [])].filter(Boolean)
  for (const preset of Object.keys(presets) as (keyof typeof presets)[]) {
    const [, gpus = '', tpus = ''] = new RegExp(`^\\| \`${preset}\` \\| (.*) \\| (.*) \\|$`, 'm').exec(page) ?? []
    const told = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, type]) => type)
    expect(told(gpus)).toEqual(known(preset, { count: 1, gpu: { type: 'x', count: 1 } }))
    expect(told(tpus)).toEqual(known(preset, { count: 1, tpu: { type: 'x', topology: '2x2' } }))
  }
})
