import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { SourceNode } from '../graph/node.ts'
import type { SharingDecision, TaskDecision } from './physical-plan.ts'

/**
 * Processes and threads can share a job when it has tasks to divide, every source divides its partitions among those who read it, and all of
 * them reach the store, where they fence each other and find the state of a task that moves.
 */
export function decideSharing(
  sources: readonly SourceNode[],
  tasks: TaskDecision,
  store: CheckpointStore,
): SharingDecision {
  if (tasks.mode === 'single') return { possible: false, reason: `it is one task: ${tasks.reason}` }
  const whole = sources.find(({ source }) => source.shareable !== true)
  if (whole !== undefined) {
    return {
      possible: false,
      reason: `whoever opens the source "${whole.name}" (${whole.source.name}) reads all of it; a source such as a Kafka topic, read by group or by lists of partitions, can be shared`,
    }
  }
  if (store.shareable !== true) {
    return {
      possible: false,
      reason: store.durable
        ? `${store.name} belong to one process at a time; use a store that all of them reach, such as that of @rtp/sinks-postgres`
        : `nobody else sees ${store.name}, so state could not move with its task; use a store that all of them reach, such as that of @rtp/sinks-postgres`,
    }
  }
  return { possible: true, reason: 'each task belongs to the process that reads its partitions' }
}
