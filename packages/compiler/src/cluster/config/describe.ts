import type { Resources } from '@millrace/ir'
import { presets } from '../accelerators/presets.ts'
import type { ClusterEnvironment, VolumeStore } from '../environment.ts'
import { demandOf } from '../placement/demand.ts'
import { fit } from '../placement/fit.ts'
import { nodesOf, type PoolNode } from '../placement/nodes.ts'
import { type Placement, placeStage } from '../placement/placement.ts'
import { showBytes } from '../quantity.ts'

/** What something is in one environment: short texts, by what they are of. */
export type Description = ReadonlyMap<string, string>

/** What an environment says of a whole pipeline. */
export function describeEnvironment(environment: ClusterEnvironment): Description {
  const { namespace, store, queue, labels = {} } = environment
  return new Map([
    ['namespace', namespace],
    ['store', store.kind === 'bucket' ? store.url : describeVolume(store)],
    ...(store.kind === 'bucket' || store.storageClass === undefined
      ? []
      : [[storageClass, store.storageClass] as const]),
    ...(queue === undefined ? [] : [['queue', queue] as const]),
    ...Object.entries(labels).map(([key, value]) => [`label ${key}`, value] as const),
  ])
}

export const storageClass = 'storage class'

/** The setting that the class of a volume is from. */
export function storageClassFrom({ preset, store, storageClasses }: ClusterEnvironment): string | undefined {
  const name = store.kind === 'volume' ? store.storageClass : undefined
  if (name === undefined) return undefined
  const entry = Object.entries(storageClasses ?? {}).find(([, value]) => value === name)?.[0]
  if (entry !== undefined) return `storageClasses.${entry}`
  return Object.values(presets[preset].storageClasses).includes(name) ? 'preset' : 'store'
}

const describeVolume = ({ size, accessMode, claim }: VolumeStore): string =>
  claim === undefined ? `volume of ${size}, ${accessMode}` : `claim ${claim}, ${accessMode}`

/** What an environment makes of a stage's requests. */
export function describeStage(resources: Resources, environment: ClusterEnvironment): Description {
  const placed = placeStage(resources, environment)
  if ('problem' in placed) return new Map([['fits', `no: ${placed.problem}`]])
  const { requests, limits, nodeSelector = {}, affinity, tolerations = [], annotations = {} } = placed
  const out = new Map([
    ['fits', 'yes'],
    ['image', environment.image],
    ['nodes', describeNodes(resources, environment)],
  ])
  const devices = Object.entries(requests).filter(([name]) => name.includes('/'))
  if (devices.length > 0) out.set('devices', devices.map(([name, count]) => `${count} ${name}`).join(', '))
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    if (requests[name] !== undefined) out.set(`${name} request`, requests[name])
    if (limits[name] !== undefined) out.set(`${name} limit`, limits[name])
  }
  for (const [key, value] of Object.entries(nodeSelector)) out.set(`node label ${key}`, value)
  describeAffinity(affinity, out)
  for (const { key, value, effect } of tolerations) {
    const before = out.get(`toleration ${key}`)
    out.set(`toleration ${key}`, `${before === undefined ? '' : `${before}, `}${value ?? 'any'}:${effect}`)
  }
  for (const [key, value] of Object.entries(annotations)) out.set(`pod annotation ${key}`, value)
  if (placed.sharedMemory !== undefined) out.set('shared memory', placed.sharedMemory)
  return out
}

/** The pools that have room for a stage. */
function describeNodes(resources: Resources, environment: ClusterEnvironment): string {
  const all = nodesOf(environment)
  if (all === undefined) return 'any'
  const demand = demandOf(resources, environment)
  const fitting = demand && 'problem' in demand ? [] : fit(resources, demand, all)
  return 'problem' in fitting ? 'none' : fitting.map(describePool).join(' or ')
}

function describePool({ pool, type, count, topology, cpu, memory }: PoolNode): string {
  const has = [
    ...(pool.machine === undefined ? [] : [pool.machine]),
    ...(type === undefined ? [] : [topology === undefined ? `${count} ${type}` : `${type} ${topology}`]),
    ...(Number.isFinite(cpu) ? [`cpu ${cpu}`] : []),
    ...(Number.isFinite(memory) ? [`memory ${showBytes(memory)}`] : []),
    ...(pool.spot ? ['spot'] : []),
  ]
  const what = `${topology === undefined ? 'node' : 'slice'}${pool.count === 1 ? '' : 's'}`
  return `${pool.count} ${what} of ${has.length === 0 ? 'any size' : has.join(', ')}`
}

/** One term reads like a selector; of several any one is enough. */
function describeAffinity(affinity: Placement['affinity'], out: Map<string, string>): void {
  const { requiredDuringSchedulingIgnoredDuringExecution: required } = affinity?.nodeAffinity ?? {}
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } = affinity?.nodeAffinity ?? {}
  const terms = required?.nodeSelectorTerms ?? []
  if (terms.length === 1)
    for (const requirement of terms[0]?.matchExpressions ?? [])
      out.set(`node label ${requirement.key}`, describeRequirement(requirement))
  else if (terms.length > 1) out.set('node labels', terms.map(describeTerm).join(' or '))
  if (preferred.length > 0)
    out.set('preferred node labels', preferred.map(({ preference }) => describeTerm(preference)).join(', '))
}

type Requirement = NonNullable<
  NonNullable<Placement['affinity']>['nodeAffinity']['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number]['matchExpressions'][number]

function describeRequirement({ operator, values = [] }: Requirement): string {
  if (operator === 'DoesNotExist') return 'absent'
  return `${operator === 'NotIn' ? 'not ' : ''}${values.join(' or ')}`
}

const describeTerm = ({ matchExpressions }: { readonly matchExpressions: readonly Requirement[] }): string =>
  matchExpressions.map((requirement) => `${requirement.key} ${describeRequirement(requirement)}`).join(' and ')
