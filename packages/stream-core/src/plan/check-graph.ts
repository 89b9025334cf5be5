import { StreamError } from '../errors.ts'
import { inputsOf } from '../graph/graph.ts'
import type { GraphNode } from '../graph/node.ts'

/** Rejects what cannot run: no sink, a branch that leads nowhere, windows without event time, state without a name that lasts. */
export function checkGraph(nodes: readonly GraphNode[], durable: boolean): void {
  if (!nodes.some(node => node.type === 'sink')) {
    throw new StreamError(
      'STREAM_WITHOUT_SINK',
      'the pipeline has no sink, so it would compute for nobody. End a stream with .sink(...), or iterate over it.',
    )
  }
  const byId = new Map(nodes.map(node => [node.id, node]))
  const consumed = new Set(nodes.flatMap(node => inputsOf(node).map(edge => edge.from)))
  for (const node of nodes) {
    if (node.type !== 'sink' && !consumed.has(node.id)) {
      throw new StreamError(
        'STREAM_WITHOUT_SINK',
        `"${node.name}" leads to no sink. End it with .sink(...), or remove it.`,
      )
    }
    if (node.type !== 'operator') continue
    if (node.spec.needsEventTime === true && !hasEventTime(byId, node)) {
      throw new StreamError(
        'WINDOW_WITHOUT_EVENT_TIME',
        `"${node.name}" needs event time. Call withEventTime() before keyBy().`,
      )
    }
    if (durable && node.spec.stateful === true && !node.named) {
      throw new StreamError(
        'UNNAMED_STATE',
        `"${node.name}" keeps state in checkpoints, under its name. Give it one that survives edits: { name: '...' }.`,
      )
    }
  }
}

/** True when every way to the node passes one that assigns event time. */
function hasEventTime(byId: ReadonlyMap<number, GraphNode>, node: GraphNode): boolean {
  const inputs = inputsOf(node).map(edge => byId.get(edge.from)!)
  return inputs.length > 0 && inputs.every(input => assignsEventTime(input) || hasEventTime(byId, input))
}

function assignsEventTime(node: GraphNode): boolean {
  return node.type === 'operator' && node.spec.assignsEventTime === true
}
