import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import { sourcesAbove } from '../graph/graph.ts'
import type { GraphNode, SinkNode } from '../graph/node.ts'
import type { Guarantee, GuaranteeLevel, SinkGuarantee } from './physical-plan.ts'

/** Derives, for every sink, what a crash and restart does to its results. */
export function decideGuarantee(nodes: readonly GraphNode[], store: CheckpointStore): Guarantee {
  const sinks = nodes.filter(node => node.type === 'sink').map(node => judge(nodes, node, store))
  const level = sinks.reduce<GuaranteeLevel>(
    (weakest, { level }) => (RANK[level] < RANK[weakest] ? level : weakest),
    'exactly-once',
  )
  const calls = nodes
    .filter(node => node.type === 'operator' && node.spec.waits === true)
    .map(({ name }) => ({ step: name, reason: CALLED_AGAIN }))
  return { level, sinks, calls }
}

/** A checkpoint holds the inputs of calls under way, and an attempt that failed may have had answers that no checkpoint holds. */
const CALLED_AGAIN =
  'made again after a crash for records since the last checkpoint; what a call does outside must bear that'

function judge(nodes: readonly GraphNode[], node: SinkNode, store: CheckpointStore): SinkGuarantee {
  const { name, sink } = node
  const obstacles: string[] = []
  if (!store.durable) {
    obstacles.push(
      `positions and state are kept in memory (${store.name}) and are gone with the process; pass a durable checkpoint store`,
    )
  }
  for (const { name, source } of sourcesAbove(nodes, node)) {
    if (source.replayable !== false) continue
    obstacles.push(
      `source "${name}" cannot go back to where the last checkpoint ended, so what was read since is lost; read from one that can, e.g. a topic or a file`,
    )
  }
  if (obstacles.length > 0) return { sink: name, level: 'none', reason: obstacles.join('; and ') }
  if (sink.scope !== undefined && sink.scope === store.scope) {
    return {
      sink: name,
      level: 'exactly-once',
      reason: `written in the transaction of the checkpoint (${store.scope.name})`,
    }
  }
  if (sink.rewrite === 'idempotent') {
    return {
      sink: name,
      level: 'effectively-once',
      reason: 'not in the transaction of the checkpoint; rows since the last one are written again, to the same effect',
    }
  }
  return {
    sink: name,
    level: 'at-least-once',
    reason: 'not in the transaction of the checkpoint; rows since the last one are written again',
  }
}

const RANK: Readonly<Record<GuaranteeLevel, number>> = {
  none: 0,
  'at-least-once': 1,
  'effectively-once': 2,
  'exactly-once': 3,
}
