import { inputsOf } from '../graph/graph.ts'
import type { GraphNode } from '../graph/node.ts'
import type { Stage } from './physical-plan.ts'

/** Cuts the dataflow where something waits: all nodes between two such places run as one synchronous chain. */
export function fuseOperators(nodes: readonly GraphNode[]): readonly Stage[] {
  const depth = new Map<number, number>()
  for (const node of nodes) {
    const own = Math.max(0, ...inputsOf(node).map(edge => depth.get(edge.from)! + (waits(nodes, edge.from) ? 1 : 0)))
    depth.set(node.id, own)
  }
  const last = Math.max(...depth.values())
  return Array.from({ length: last + 1 }, (_, at) => {
    const members = nodes.filter(node => depth.get(node.id) === at)
    const cut = members.find(node => waits(nodes, node.id))
    return {
      nodes: members.map(node => node.name),
      ...(at < last && cut !== undefined ? { endsBecause: `"${cut.name}" waits for its calls` } : {}),
    }
  })
}

function waits(nodes: readonly GraphNode[], id: number): boolean {
  const node = nodes.find(candidate => candidate.id === id)
  return node?.type === 'operator' && node.spec.waits === true
}
