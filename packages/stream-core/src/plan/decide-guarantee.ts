import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { SinkNode, SourceNode } from '../graph/node.ts'
import type { Guarantee, GuaranteeLevel } from './physical-plan.ts'

/** Derives, for every sink, what a crash and restart does to its results. */
export function decideGuarantee(
  sources: readonly SourceNode[],
  sinks: readonly SinkNode[],
  store: CheckpointStore,
): Guarantee {
  const judged = sinks.map(({ name, sink }) => ({ sink: name, ...judge(sources, sink, store) }))
  const level = judged.reduce<GuaranteeLevel>(
    (weakest, { level }) => (RANK[level] < RANK[weakest] ? level : weakest),
    'exactly-once',
  )
  return { level, sinks: judged }
}

function judge(
  sources: readonly SourceNode[],
  sink: SinkNode['sink'],
  store: CheckpointStore,
): { level: GuaranteeLevel; reason: string } {
  if (!store.durable) {
    return {
      level: 'none',
      reason: `positions and state are kept in memory (${store.name}) and are gone with the process; pass a durable checkpoint store`,
    }
  }
  const forgetful = sources.find(({ source }) => source.replayable === false)
  if (forgetful !== undefined) {
    return { level: 'none', reason: `source "${forgetful.name}" cannot go back to where the last checkpoint ended` }
  }
  if (sink.scope !== undefined && sink.scope === store.scope) {
    return { level: 'exactly-once', reason: `written in the transaction of the checkpoint (${store.scope.name})` }
  }
  if (sink.rewrite === 'idempotent') {
    return {
      level: 'effectively-once',
      reason: 'not in the transaction of the checkpoint; rows since the last one are written again, to the same effect',
    }
  }
  return {
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
