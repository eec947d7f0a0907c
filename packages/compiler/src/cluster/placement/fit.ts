import { bytesOf, type Resources } from '@millrace/ir'
import { chipsOf } from '../accelerators/tpu.ts'
import { showBytes } from '../quantity.ts'
import type { Demand, Misfit } from './demand.ts'
import type { PoolNode } from './nodes.ts'

/** The pools that have room for a stage; those without an accelerator only, where it needs none and some fit. */
export function fit(
  resources: Resources,
  demand: Demand | undefined,
  nodes: readonly PoolNode[],
): readonly PoolNode[] | Misfit {
  const withType = demand ? ofDemand(demand, nodes) : nodes
  if ('problem' in withType) return withType
  const allowed = resources.spot ? withType : withType.filter(({ pool }) => !pool.spot)
  if (allowed.length === 0)
    return {
      problem: demand
        ? `it asks for ${demand.asked}, and all such nodes are spot machines, which can be taken away`
        : 'all nodes are spot machines, which can be taken away',
      fix: 'Set resources.spot to true, or add nodes without spot to the environment.',
    }
  const roomy = withRoom(resources, allowed, allowed.length < nodes.length)
  if ('problem' in roomy) return roomy
  if (demand) return roomy
  const plain = roomy.filter(({ type }) => type === undefined)
  return plain.length > 0 ? plain : roomy
}

const quote = (names: Iterable<string | undefined>): string => [...new Set(names)].map((name) => `"${name}"`).join(', ')

function ofDemand(demand: Demand, nodes: readonly PoolNode[]): readonly PoolNode[] | Misfit {
  const { type, topology, resource, count, asked } = demand
  const has = (node: PoolNode) =>
    type === undefined
      ? node.accelerator?.resource === resource && !node.type?.includes('/') && !(node.accelerator.shared && count > 1)
      : node.type === type && node.topology === topology
  const such = nodes.filter(has)
  if (such.length === 0) return noneHas(demand, nodes)
  const enough = such.filter((node) => node.count >= count)
  if (enough.length > 0) return enough
  const most = Math.max(...such.map((node) => node.count))
  return {
    problem: `it asks for ${asked}, and a node has at most ${most}`,
    fix: `Ask for ${most === 1 ? 'one' : `at most ${most}`}, or add larger nodes to the environment.`,
  }
}

function noneHas({ type, topology, asked }: Demand, nodes: readonly PoolNode[]): Misfit {
  const tpu = topology !== undefined
  const others = nodes.filter((node) => node.type !== undefined && (node.topology !== undefined) === tpu)
  const add = `add nodes with ${type === undefined ? 'GPUs' : `"${type}"${tpu ? ` "${topology}"` : ''}`} to the environment`
  if (others.length === 0 || type === undefined)
    return { problem: `it asks for ${asked}, and no node has one`, fix: `${capital(add)}.` }
  const names = quote(others.map((node) => (tpu ? `${node.type} ${node.topology}` : node.type)))
  // a slice of several hosts can't be asked for yet
  const usable = others.some((node) => !node.topology || chipsOf(node.topology) === node.count)
  return {
    problem: `it asks for ${asked}, and no node has one; the nodes have ${names}`,
    fix: usable ? `Ask for one of these, or ${add}.` : `${capital(add)}.`,
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Checks cores, memory and disk in turn: the message names the first that no remaining pool has. */
function withRoom(
  { cpu, memory, disk }: Resources,
  nodes: readonly PoolNode[],
  narrowed: boolean,
): readonly PoolNode[] | Misfit {
  const needs = [
    ['cpu', cpu ?? 0, cpu, String],
    ['memory', bytesOf(memory ?? '') ?? 0, memory, showBytes],
    ['disk', bytesOf(disk ?? '') ?? 0, disk, showBytes],
  ] as const
  let left = nodes
  for (const [name, need, asked, show] of needs) {
    const roomy = left.filter((node) => node[name] >= need)
    if (roomy.length === 0) {
      const most = show(Math.max(...left.map((node) => node[name])))
      const where = narrowed || left.length < nodes.length ? 'a node that meets the rest has' : 'a node has'
      return {
        problem: `it asks for ${name} ${asked}, and ${where} at most ${most}`,
        fix: `Ask for ${name} ${most} or less, or add larger nodes to the environment.`,
      }
    }
    left = roomy
  }
  return left
}
