import type { Resources } from '@millrace/ir'
import type { Preset, Taint } from '../accelerators/accelerator.ts'
import { presets } from '../accelerators/presets.ts'
import type { ClusterEnvironment } from '../environment.ts'
import { canonicalQuantity, showCores } from '../quantity.ts'
import { type Demand, demandOf, type Misfit, wrongRequest } from './demand.ts'
import { fit } from './fit.ts'
import { nodesOf, type PoolNode } from './nodes.ts'

/** What a stage's resources are in a pod. */
export interface Placement {
  readonly requests: Record<string, string>
  readonly limits: Record<string, string>
  readonly nodeSelector?: Record<string, string>
  readonly affinity?: Affinity
  readonly tolerations?: Toleration[]
  /** Largest size of the pod's shared memory, which counts as memory. */
  readonly sharedMemory?: string
  /** Largest size of the scratch space. */
  readonly disk?: string
  /** Of the pod. */
  readonly annotations?: Record<string, string>
}

/**
 * What we use of an affinity, as the API writes it. The types of a client would do, but these reach the declarations of
 * `millrace/config`, and a user need not have that package.
 */
interface Affinity {
  readonly nodeAffinity: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeTerm[] }
    readonly preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeTerm }[]
  }
}

interface NodeTerm {
  matchExpressions: NodeRequirement[]
}

interface NodeRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'DoesNotExist'
  values?: string[]
}

interface Toleration {
  readonly key: string
  readonly operator: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect: Taint['effect']
}

/** Where a stage runs in an environment, or why it can't. */
export function placeStage(resources: Resources, environment: ClusterEnvironment): Placement | Misfit {
  const demand = demandOf(resources, environment)
  if (demand && 'problem' in demand) return demand
  const wrong = wrongRequest(resources, demand)
  if (wrong) return wrong
  const all = nodesOf(environment)
  const nodes = all && fit(resources, demand, all)
  if (nodes && 'problem' in nodes) return nodes
  const spotToo = resources.spot === true && (nodes === undefined || nodes.some(({ pool }) => pool.spot))
  const preset = { ...presets[environment.preset], ...(environment.spot ? { spot: environment.spot } : {}) }
  const { requests, limits } = amounts(resources, demand)
  const arch = environment.arch ?? (demand?.accelerator?.arch === 'arm64' ? 'arm64' : undefined)
  const { same, sets } = poolLabels(nodes ?? [])
  const { single, several } = bySize(demand?.labels ?? {})
  const nodeSelector = { ...single, ...(arch ? { 'kubernetes.io/arch': arch } : {}), ...same }
  const affinity = affinityOf(
    [
      ...several.filter(({ key }) => !Object.hasOwn(same, key)),
      ...wholeOnly(demand, environment, preset),
      ...(resources.spot ? [] : noSpot(preset, all)),
    ],
    sets,
    spotToo ? preset.spot : undefined,
  )
  const taints = [
    ...acceleratorTaints(demand, nodes ?? [], preset),
    ...(arch === 'arm64' || nodes?.some(({ accelerator }) => accelerator?.arch === 'arm64') ? preset.armTaints : []),
    ...(spotToo ? (preset.spot?.taints ?? []) : []),
    ...(nodes ?? []).flatMap(({ pool }) => pool.taints ?? []),
  ]
  const shared = resources.sharedMemory ?? (demand ? resources.memory : undefined)
  return {
    requests,
    limits,
    ...ifAny('nodeSelector', sorted(nodeSelector)),
    ...(affinity ? { affinity } : {}),
    ...ifAny('tolerations', tolerations(taints)),
    ...(shared ? { sharedMemory: canonicalQuantity(shared) } : {}),
    ...(resources.disk ? { disk: canonicalQuantity(resources.disk) } : {}),
    ...(demand ? ifAny('annotations', sorted(preset.stay)) : {}),
  }
}

/** Only memory, scratch space and devices are limited: a cap on cores would leave cores idle. */
function amounts({ cpu, memory, disk, devices }: Resources, demand: Demand | undefined) {
  const same: Record<string, string> = {
    ...(memory ? { memory: canonicalQuantity(memory) } : {}),
    ...(disk ? { 'ephemeral-storage': canonicalQuantity(disk) } : {}),
    ...(demand ? { [demand.resource]: String(demand.count) } : {}),
  }
  for (const [name, count] of Object.entries(devices ?? {})) if (count > 0) same[name] = String(count)
  return { requests: sorted({ ...(cpu ? { cpu: showCores(cpu) } : {}), ...same }), limits: sorted(same) }
}

const sorted = <T>(map: { readonly [key: string]: T }): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))

const ifAny = <K extends string, T extends object>(name: K, value: T): { [P in K]?: T } =>
  (Object.keys(value).length > 0 ? { [name]: value } : {}) as { [P in K]?: T }

const anyOf = (key: string, values: readonly string[]): NodeRequirement => ({
  key,
  operator: 'In',
  values: [...values],
})

/** Labels with one value, which a selector can say, and those that need an affinity. */
function bySize(labels: Demand['labels']): {
  readonly single: Record<string, string>
  readonly several: readonly NodeRequirement[]
} {
  const single: Record<string, string> = {}
  const several: NodeRequirement[] = []
  for (const [key, value] of Object.entries(sorted(labels))) {
    const values = typeof value === 'string' ? [value] : value
    if (values.length === 1) single[key] = values[0] as string
    else several.push(anyOf(key, values))
  }
  return { single, several }
}

/** Labels of the pools that fit: one set becomes a selector, several are alternatives; none if a pool has none. */
function poolLabels(nodes: readonly PoolNode[]): {
  readonly same: Record<string, string>
  readonly sets: readonly Record<string, string>[]
} {
  const labels = nodes.map(({ pool }) => sorted(pool.labels ?? {}))
  const distinct = [...new Map(labels.map((set) => [JSON.stringify(set), set])).values()]
  if (distinct.some((set) => Object.keys(set).length === 0)) return { same: {}, sets: [] }
  return distinct.length === 1 ? { same: distinct[0] ?? {}, sets: [] } : { same: {}, sets: distinct }
}

/** Where parts of a GPU have the same resource name, a request for a whole one excludes parts. */
function wholeOnly(
  demand: Demand | undefined,
  { nodes = [] }: ClusterEnvironment,
  { profileLabel }: Preset,
): NodeRequirement[] {
  if (!demand || profileLabel === undefined) return []
  const isPart = (type = '') => (demand.type === undefined ? type.includes('/') : type.startsWith(`${demand.type}/`))
  return nodes.some(({ gpu }) => isPart(gpu?.type)) ? [{ key: profileLabel, operator: 'DoesNotExist' }] : []
}

/** Keeps a stage from machines that can be taken away, where there may be some that no taint protects. */
function noSpot({ spot }: Preset, nodes: readonly PoolNode[] | undefined): NodeRequirement[] {
  if (!spot || spot.tainted || nodes?.every(({ pool }) => !pool.spot)) return []
  return Object.entries(sorted(spot.labels)).map(([key, value]) => ({ key, operator: 'NotIn', values: [value] }))
}

function affinityOf(
  required: readonly NodeRequirement[],
  sets: readonly Record<string, string>[],
  spot: Preset['spot'],
): Affinity | undefined {
  const alternatives = sets.map((set) => Object.entries(set).map(([key, value]) => anyOf(key, [value])))
  const terms = (alternatives.length === 0 ? [[]] : alternatives)
    .map((own) => ({ matchExpressions: [...required, ...own] }))
    .filter(({ matchExpressions }) => matchExpressions.length > 0)
  // machines that can be taken away are cheaper: a stage that may run there does so if it can
  const preferred = Object.entries(sorted(spot?.labels ?? {})).map(([key, value]) => ({
    weight: 100,
    preference: { matchExpressions: [anyOf(key, [value])] },
  }))
  if (terms.length === 0 && preferred.length === 0) return undefined
  return {
    nodeAffinity: {
      ...(terms.length > 0 ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } : {}),
      ...(preferred.length > 0 ? { preferredDuringSchedulingIgnoredDuringExecution: preferred } : {}),
    },
  }
}

/** A stage that asks for no accelerator comes to such nodes only where no others have room. */
function acceleratorTaints(demand: Demand | undefined, nodes: readonly PoolNode[], preset: Preset): Taint[] {
  const keys = demand
    ? [demand.accelerator?.taint ?? demand.resource]
    : nodes.flatMap(({ accelerator }) => (accelerator ? [accelerator.taint ?? accelerator.resource] : []))
  if (keys.length === 0) return []
  return [...keys.map((key): Taint => ({ key, effect: 'NoSchedule' })), ...preset.taints]
}

function tolerations(taints: readonly Taint[]): Toleration[] {
  const all = taints.map(({ key, value, effect }): Toleration => {
    return value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect }
  })
  const byText = new Map(all.map((toleration) => [JSON.stringify(toleration), toleration]))
  return Object.values(sorted(Object.fromEntries(byText)))
}
