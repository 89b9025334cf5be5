import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { GraphNode, OperatorNode, SinkNode, SourceNode } from '../graph/node.ts'
import { checkGraph } from './check-graph.ts'
import { decideGuarantee } from './decide-guarantee.ts'
import { decideSharing } from './decide-sharing.ts'
import { decideTasks } from './decide-tasks.ts'
import { fingerprintOf } from './fingerprint.ts'
import { fuseOperators } from './fuse-operators.ts'
import type { PhysicalPlan } from './physical-plan.ts'

/**
 * Turns a logical dataflow (its nodes, inputs first) into a plan, or says why it cannot run. Same nodes and store in, same plan out.
 */
export function plan(name: string, nodes: readonly GraphNode[], store: CheckpointStore): PhysicalPlan {
  checkGraph(nodes, store.durable)
  const sources = nodes.filter((node): node is SourceNode => node.type === 'source')
  const operators = nodes.filter((node): node is OperatorNode => node.type === 'operator')
  const sinks = nodes.filter((node): node is SinkNode => node.type === 'sink')
  const tasks = decideTasks(sources, operators)
  return {
    name,
    fingerprint: fingerprintOf(nodes),
    nodes,
    sources,
    operators,
    sinks,
    tasks,
    sharing: decideSharing(sources, tasks, store),
    stages: fuseOperators(nodes),
    guarantee: decideGuarantee(nodes, store),
  }
}
