import type { transformSync } from 'rolldown/utils'
import { loadTools, type Tools } from './tools.ts'

export interface EmitTools extends Tools {
  readonly transformSync: typeof transformSync
}

export async function loadEmitTools(): Promise<EmitTools> {
  const [tools, utils] = await Promise.all([loadTools(), import('rolldown/utils')])
  return { ...tools, transformSync: utils.transformSync }
}
