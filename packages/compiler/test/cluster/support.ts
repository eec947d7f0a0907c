import { defaultResources, type Resources } from '@millrace/ir'
import {
  aks,
  type ClusterOptions,
  eks,
  gke,
  k3s,
  type Misfit,
  onPrem,
  type Placement,
  placeStage,
  volume,
} from '../../src/index.ts'

const makers = { 'on-prem': onPrem, gke, eks, aks, k3s }
export type Preset = keyof typeof makers

export const environment = (preset: Preset, options: Partial<ClusterOptions> = {}) =>
  makers[preset]({ namespace: 'vision', store: volume({ size: '1Gi', accessMode: 'ReadWriteMany' }), ...options })

const place = (preset: Preset, resources: Resources, options?: Partial<ClusterOptions>) =>
  placeStage({ ...defaultResources, ...resources }, environment(preset, options))

export function placed(preset: Preset, resources: Resources, options?: Partial<ClusterOptions>): Placement {
  const found = place(preset, resources, options)
  if ('problem' in found) throw new Error(found.problem)
  return found
}

/** What is said of a stage that fits nowhere. */
export function misfit(preset: Preset, resources: Resources, options?: Partial<ClusterOptions>): string {
  const found = place(preset, resources, options) as Misfit
  if (found.problem === undefined) throw new Error(`it fits: ${JSON.stringify(found)}`)
  return `${found.problem}\n${found.fix}`
}
