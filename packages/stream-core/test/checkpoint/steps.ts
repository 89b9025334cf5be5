import type { Checkpoint, RestoredTask, TaskCheckpoint } from '../../src/checkpoint/checkpoint-store.ts'
import type { Position } from '../../src/connectors/source.ts'

/** The checkpoint that follows `stored`, at a position and with a snapshot of one byte, both its sequence. */
export function following(stored: RestoredTask, overrides: Partial<TaskCheckpoint> = {}): TaskCheckpoint {
  const sequence = stored.sequence + 1
  return {
    task: stored.task,
    epoch: stored.epoch,
    sequence,
    previous: stored.positions,
    positions: new Map<string, Position>([['readings/0', sequence]]),
    layout: { mode: 'single', partitions: { readings: 1 } },
    snapshot: Uint8Array.of(sequence),
    needs: (sequence - 1) % 4,
    ...overrides,
  }
}

/** What a store should hold of the task after that checkpoint. */
export function after(stored: RestoredTask, { snapshot, needs, ...next }: TaskCheckpoint): RestoredTask {
  return {
    task: next.task,
    epoch: next.epoch,
    sequence: next.sequence,
    positions: next.positions,
    layout: next.layout,
    snapshots: [...stored.snapshots.slice(stored.snapshots.length - needs), snapshot],
  }
}

export function checkpointOf(job: string, ...tasks: TaskCheckpoint[]): Checkpoint {
  return { job, tasks }
}
