import { type Diagnostic, hint, isObject, namePattern, nowhere } from '@millrace/ir'
import {
  acceleratorOf,
  acceleratorTypes,
  type ClusterPreset,
  hintType,
  likely,
  presets,
} from '../accelerators/presets.ts'
import { chipsOf, chipsOfHost } from '../accelerators/tpu.ts'
import { placeOfEnvironment } from '../define-config.ts'
import type { ClusterEnvironment, NodePool } from '../environment.ts'
import { clusterFields } from './environment-fields.ts'
import { show, type Wrong } from './field-checks.ts'

/** What is wrong with the environments of a config, all at once. */
export function checkConfig(config: unknown, file: string): Diagnostic[] {
  const problems: Diagnostic[] = []
  const environments = isObject(config) ? config.environments : undefined
  if (!isObject(environments)) return problems
  for (const [name, environment] of Object.entries(environments)) {
    const at = { ...nowhere, file, ...(isObject(environment) ? placeOfEnvironment(environment) : {}) }
    const wrong: Wrong = (path, message, fix) =>
      problems.push({
        code: 'bad-environment',
        severity: 'error',
        message: `environment "${name}": ${message}`,
        at: { ...at, path: path === '' ? name : `${name}.${path}` },
        fix,
      })
    checkEnvironment(name, environment, wrong)
  }
  return problems
}

function checkEnvironment(name: string, environment: unknown, wrong: Wrong): void {
  if (!namePattern.test(name))
    wrong('', 'its name is not one', 'Use lowercase letters, digits and hyphens, at most 40, beginning with a letter.')
  const preset = isObject(environment) ? environment.preset : undefined
  if (preset === 'laptop') return
  if (typeof preset !== 'string' || !Object.hasOwn(presets, preset)) {
    wrong('', `it is ${show(environment)}`, 'Make it with laptop, onPrem, gke, eks, aks or k3s.')
    return
  }
  if (name === 'laptop') wrong('', 'the name is that of a local run', 'Give the cluster another name.')
  let well = true
  clusterFields(environment, '', (...what) => {
    well = false
    wrong(...what)
  })
  if (well) checkTogether(environment as ClusterEnvironment, wrong)
}

/** What no field says alone; the fields are right. */
function checkTogether(environment: ClusterEnvironment, wrong: Wrong): void {
  const { store, nodes, accelerators } = environment
  for (const type of Object.keys(accelerators ?? {}))
    if (acceleratorOf(environment, type) === undefined)
      wrong(
        `accelerators.${type}`,
        `the preset "${environment.preset}" doesn't know the accelerator "${type}"${hintType(type, knownTo(environment.preset))}, and it has no resource`,
        'Give its resource, for example "nvidia.com/gpu".',
      )
  for (const [i, pool] of (nodes ?? []).entries()) checkPool(pool, `nodes[${i}]`, environment, wrong)
  if (store.kind === 'volume' && store.claim !== undefined && store.storageClass !== undefined)
    wrong(
      'store.storageClass',
      'store.storageClass has no effect on a claim that exists',
      'Leave storageClass or claim out.',
    )
  const machines = (nodes ?? []).reduce((sum, pool) => sum + pool.count * hostsOf(pool, environment), 0)
  if (store.kind === 'volume' && store.accessMode === 'ReadWriteOnce' && machines > 1)
    wrong(
      'store.accessMode',
      `store.accessMode is "ReadWriteOnce", a volume for one node, and nodes has ${machines}`,
      'Use a storage class that can ReadWriteMany, and say accessMode: "ReadWriteMany".',
    )
}

const knownTo = (preset: ClusterPreset): string[] => Object.keys(presets[preset].accelerators)

function hostsOf({ tpu }: NodePool, environment: ClusterEnvironment): number {
  const accelerator = tpu && acceleratorOf(environment, tpu.type)
  const chips = accelerator && chipsOfHost(accelerator, tpu.topology)
  return chips ? chipsOf(tpu.topology) / chips : 1
}

function checkPool({ gpu, tpu }: NodePool, path: string, environment: ClusterEnvironment, wrong: Wrong): void {
  if (gpu && tpu) wrong(path, `${path} has a gpu and a tpu`, 'Make two entries of it.')
  for (const [of, type] of [
    ['gpu', gpu?.type],
    ['tpu', tpu?.type],
  ] as const) {
    if (type === undefined) continue
    const all = acceleratorTypes(environment, of)
    const known = likely(type, all)
    if (!all.includes(type))
      wrong(
        `${path}.${of}.type`,
        `${path}.${of}.type is ${show(type)}${hintType(type, known)}, which the preset "${environment.preset}" doesn't know`,
        known.length === 0
          ? `Describe "${type}" in accelerators.`
          : `Use one of: ${known.join(', ')}; or describe it in accelerators.`,
      )
  }
  const vendor = gpu && acceleratorOf(environment, gpu.type)?.vendor
  if (gpu?.vendor !== undefined && vendor !== undefined && gpu.vendor !== vendor)
    wrong(
      `${path}.gpu.vendor`,
      `${path}.gpu.vendor is "${gpu.vendor}", and that of "${gpu.type}" is "${vendor}"`,
      'Leave the vendor out.',
    )
  const slice = tpu && acceleratorOf(environment, tpu.type)
  if (tpu && slice?.topologies && chipsOfHost(slice, tpu.topology) === undefined)
    wrong(
      `${path}.tpu.topology`,
      `${path}.tpu.topology is "${tpu.topology}"${hint(tpu.topology, Object.keys(slice.topologies))}, which "${tpu.type}" has not`,
      `Use one of: ${Object.keys(slice.topologies).join(', ')}.`,
    )
}
